"""What health means for well-known custom resources, one line a kind, in the language of `rules.py`.

The order is: what a person stopped, what is not looked at yet, what is wrong, what is well, the rest. Kinds that follow the
common conditions (`general.py`) need no line. Sources: the API types of each project. Checked against Argo CD's public
cases (`tests/health/test_argocd_cases.py`)."""

from __future__ import annotations

from typing import Final

from gitops_tui.health.table_apps import APPS
from gitops_tui.health.table_platform import PATTERNS, PLATFORM

TABLE: Final[dict[str, str]] = PLATFORM | APPS
"""group/Kind (or group/* for all of a group) -> its rules."""

__all__ = ["PATTERNS", "TABLE"]
