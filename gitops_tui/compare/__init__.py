"""Manifest x LiveObject -> Drift, and how it is shown. Pure."""

from gitops_tui.compare.compare import compare
from gitops_tui.compare.confirm import confirm
from gitops_tui.compare.ignore import respecting
from gitops_tui.compare.rows import diff_rows, unified
from gitops_tui.compare.show import clean_live, displayable, scrubbed

__all__ = ["clean_live", "compare", "confirm", "diff_rows", "displayable", "respecting", "scrubbed", "unified"]
