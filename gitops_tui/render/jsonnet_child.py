"""Evaluates Jsonnet files; run as a program of its own by `jsonnet.py`, so that it can be stopped and bounded.

Reads one JSON object from standard input ({root, files, libs, ext_vars, ext_codes, tla_vars, tla_codes}) and prints a list with
{value} or {error} for each file. Imports nothing of this package: it has to start fast, and runs isolated.
"""

import json
import os
import sys
from typing import Any

_MOST_IMPORT = 50_000_000


def main() -> int:
    request = json.load(sys.stdin)
    root = os.path.realpath(request["root"])
    try:
        import rjsonnet

        binary = False
        evaluate: Any = rjsonnet.evaluate_file
    except ImportError:
        import _jsonnet

        binary = True
        evaluate = _jsonnet.evaluate_file

    def inside(path: str) -> bool:
        found = os.path.realpath(path)
        return found == root or found.startswith(root + os.sep)

    def bring(folder: str, name: str) -> tuple[str, Any]:
        places = [name] if os.path.isabs(name) else [os.path.join(folder, name)]
        places += [os.path.join(root, lib, name) for lib in request["libs"]]
        for place in places:
            if not inside(place):
                raise RuntimeError(f"the import {name!r} leads out of the repository")
            if os.path.isfile(place):
                if os.path.getsize(place) > _MOST_IMPORT:
                    raise RuntimeError(f"the import {name!r} is larger than {_MOST_IMPORT} bytes")
                with open(place, "rb") as file:
                    content = file.read()
                return place, content if binary else content.decode("utf-8")
        raise RuntimeError(f"the import {name!r} is not in the repository")

    answers = []
    for file in request["files"]:
        try:
            text = evaluate(
                os.path.join(root, file),
                ext_vars=request["ext_vars"],
                ext_codes=request["ext_codes"],
                tla_vars=request["tla_vars"],
                tla_codes=request["tla_codes"],
                import_callback=bring,
            )
            answers.append({"value": json.loads(text)})
        except (RuntimeError, ValueError, OSError) as error:
            answers.append({"error": str(error)})
    json.dump(answers, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
