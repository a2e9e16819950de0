"""Charts from chart repositories and OCI registries.

`open_chart` gives a `Repository` of our own in the user's cache folder: each version that was pulled is a commit without
a parent, tagged with the version, so that whatever works on Git (trees, diffs, cache keys, pins) works on charts too.
"""

from typing import TYPE_CHECKING

from gitops_tui.lazily import names
from gitops_tui.model.application import CHART_PREFIX

if TYPE_CHECKING:
    from gitops_tui.render.charts.mirror import ChartMirror, open_chart
else:
    __getattr__ = names(__name__, dict.fromkeys(("ChartMirror", "open_chart"), "gitops_tui.render.charts.mirror"))


def is_chart(address: str) -> bool:
    """Whether an address (`Source.address`) is one of a chart."""
    return address.startswith(CHART_PREFIX)


__all__ = ["ChartMirror", "is_chart", "open_chart"]
