"""Manifest x LiveObject -> Drift, and how it is shown. Pure."""

from typing import TYPE_CHECKING

from gitops_tui.compare.compare import compare
from gitops_tui.compare.confirm import confirm
from gitops_tui.compare.respecting import respecting
from gitops_tui.compare.scrub import scrubbed
from gitops_tui.compare.show import clean_live, displayable
from gitops_tui.lazily import names

if TYPE_CHECKING:
    from gitops_tui.compare.rows import diff_rows, unified
else:
    __getattr__ = names(__name__, dict.fromkeys(("diff_rows", "unified"), "gitops_tui.compare.rows"))

__all__ = ["clean_live", "compare", "confirm", "diff_rows", "displayable", "respecting", "scrubbed", "unified"]
