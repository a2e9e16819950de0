"""The real screen on the demo cluster; each line on standard error's file (argument) is when a change was made.

python demo_change.py FILE: scales shop/checkout to a number that it has not had, a second after `FILE.go` appears, and
writes the moment (time.monotonic) and the number to FILE.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path

from gitops_tui.demo.demo import Demo
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from gitops_tui.tui import run


def main() -> int:
    file = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        demo = Demo(folder)

        def engine() -> Engine:
            demo.start()
            threading.Thread(target=change, args=(demo, file), daemon=True).start()
            return Engine(Request(files=(demo.applications,), kubeconfig=demo.kubeconfig), settings)

        settings = Settings(state_folder=folder / "state", cache_folder=folder / "cache")
        try:
            return run(engine, settings, title="bench")
        finally:
            demo.stop()


def change(demo: Demo, file: Path) -> None:
    go = Path(f"{file}.go")
    while True:
        if go.exists():
            number = int(go.read_text())
            go.unlink()
            at = time.monotonic()
            demo._scale("shop", "checkout", number)
            file.with_suffix(".part").write_text(f"{at} {number}")
            file.with_suffix(".part").replace(file)
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
