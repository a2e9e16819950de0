"""The options of `delete`."""

from __future__ import annotations

import argparse

from gitops_tui.model.sync import CASCADES


def add_options(made: argparse.ArgumentParser) -> None:
    """The options of `delete`."""
    made.add_argument(
        "--cascade",
        choices=CASCADES,
        default="",
        help="what becomes of its objects; if not told, as the finalizer of its Application says",
    )
    made.add_argument(
        "--confirm-delete",
        "--confirm-prune",
        dest="confirm_delete",
        action="store_true",
        help="also what waits for a person (Delete=confirm, namespaces, CRDs, volumes)",
    )
    made.add_argument("--skip-hooks", action="store_true", help="without PreDelete and PostDelete hooks")
    made.add_argument("--forget", action="store_true", help="also its record: history, audit, that it was deleted")
    made.add_argument("--dry-run", action="store_true", help="send the plan as a dry run only")
    made.add_argument("--yes", "-y", action="store_true", help="agree to the plan")
    made.add_argument("--message", "-m", default="", help="why; kept in the audit")
