"""Charts from chart repositories and OCI registries.

`open_chart` gives a `Repository` of our own in the user's cache folder: each version that was pulled is a commit without
a parent, tagged with the version, so that whatever works on Git (trees, diffs, cache keys, pins) works on charts too.
"""

from gitops_tui.render.charts.mirror import ChartMirror, is_chart, open_chart

__all__ = ["ChartMirror", "is_chart", "open_chart"]
