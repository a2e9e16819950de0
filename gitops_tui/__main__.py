"""`gitops-tui` and `python -m gitops_tui`."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script."""
    from gitops_tui.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
