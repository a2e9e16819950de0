"""The plugin `jinja` that ships with gitops-tui: prints the folder's YAML and JSON files as Jinja2 templates.

A template sees `env` (`spec.source.plugin.env`), `params` (`parameters`, each a text, list or map) and `app` (name, namespace,
revision, path, …). It runs in Jinja2's sandbox, may include files of its folder, and what is not defined is an error. Files whose
name begins with `_` are only there to be included. Runs as a program of its own: it imports nothing of gitops-tui.
"""

import json
import os
import sys
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

_ENDINGS = (".yaml", ".yml", ".json", ".yaml.j2", ".yml.j2", ".json.j2")


def main() -> int:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader("."), undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    prefix = "ARGOCD_APP_"
    values = {
        "env": {name[11:]: value for name, value in os.environ.items() if name.startswith("ARGOCD_ENV_")},
        "app": {name[len(prefix) :].lower(): value for name, value in os.environ.items() if name.startswith(prefix)},
        "params": {
            each["name"]: each.get("string", each.get("array", each.get("map")))
            for each in json.loads(os.environ.get("ARGOCD_APP_PARAMETERS", "[]"))
        },
    }
    made, problems = [], []
    for path in sorted(Path().rglob("*")):
        hidden = any(part.startswith((".", "_")) for part in path.parts)
        if hidden or path.is_symlink() or not path.name.endswith(_ENDINGS) or not path.is_file():
            continue
        try:
            made.append(environment.get_template(path.as_posix()).render(values))
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            if line is None:
                trace = error.__traceback__
                while trace is not None:
                    if trace.tb_frame.f_code.co_filename.endswith(path.name):
                        line = trace.tb_lineno
                    trace = trace.tb_next
            problems.append(f"{path}{f':{line}' if line else ''}: {error.message}")
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    print("\n---\n".join(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
