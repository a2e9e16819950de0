"""`python -m gitops_tui.demo`: the same as `gitops-tui demo --serve`."""

from __future__ import annotations

import argparse
import sys

from gitops_tui.demo.serve import add_serve_options, serve
from gitops_tui.errors import GitOpsError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m gitops_tui.demo", description="Runs the embedded cluster alone.")
    add_serve_options(parser)
    try:
        return serve(parser.parse_args())
    except GitOpsError as error:
        print(f"gitops-tui: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
