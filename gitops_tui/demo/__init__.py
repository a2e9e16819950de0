"""The demo: an embedded API server in memory, a sample repository, and a script that drifts things.

What it exports is imported when it is first used: the command line reads the options of `serve` at every start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitops_tui.demo.cluster import DemoCluster
    from gitops_tui.demo.demo import Demo, start_demo

__all__ = ["Demo", "DemoCluster", "start_demo"]


def __getattr__(name: str) -> Any:
    if name == "DemoCluster":
        from gitops_tui.demo.cluster import DemoCluster

        return DemoCluster
    if name in ("Demo", "start_demo"):
        from gitops_tui.demo import demo

        return getattr(demo, name)
    raise AttributeError(name)
