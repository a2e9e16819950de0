"""`gitops-tui` and `python -m gitops_tui`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """The console script. It ends at once: taking thousands of objects apart one by one is a tenth of a command's time."""
    # What is imported stays: looking through it for cycles is for nothing.
    gc.disable()
    from gitops_tui.cli.main import run

    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        # The reader left, or the stream is closed: nothing more can be said.
        code = code or 1
    os._exit(code)


if __name__ == "__main__":
    main()
