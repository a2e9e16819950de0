"""The plugin `envsubst` that ships with gitops-tui: prints the manifests of the folder with `${NAME}` filled in.

NAME is looked for as ARGOCD_ENV_NAME (`spec.source.plugin.env`), PARAM_NAME (`parameters`) and NAME itself where it begins with
ARGOCD_APP_ or KUBE_. `${NAME:-default}` has a default, `$${NAME}` stays `${NAME}`; a name that is not there and has no
default is an error with its place. Runs as a program of its own: it imports nothing of gitops-tui.
"""

import os
import re
import sys
from pathlib import Path

_NAME = re.compile(r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?-)([^}]*))?\}")


def value_of(name: str) -> "str | None":
    for place in (f"ARGOCD_ENV_{name}", f"PARAM_{name.upper()}"):
        if place in os.environ:
            return os.environ[place]
    return os.environ.get(name) if name.startswith(("ARGOCD_APP_", "KUBE_")) else None


def filled(text: str, shown: str, problems: "list[str]") -> str:
    def one(found: "re.Match[str]") -> str:
        if found[1]:
            return found[0][1:]
        value = value_of(found[2])
        if value is None or (found[3] == ":-" and not value):
            if found[3]:
                return found[4]
            if value is None:
                line = text.count("\n", 0, found.start()) + 1
                problems.append(f"{shown}:{line}: ${{{found[2]}}} has no value")
                return found[0]
        return value

    return _NAME.sub(one, text)


def main() -> int:
    problems: "list[str]" = []
    made = []
    for path in sorted(Path().rglob("*")):
        hidden = any(part.startswith(".") for part in path.parts)
        if hidden or path.is_symlink() or path.suffix not in (".yaml", ".yml", ".json") or not path.is_file():
            continue
        made.append(filled(path.read_text(encoding="utf-8"), str(path), problems))
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    print("\n---\n".join(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
