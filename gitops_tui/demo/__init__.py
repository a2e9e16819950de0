"""The demo: an embedded API server in memory, a sample repository, and a script that drifts things."""

from gitops_tui.demo.cluster import DemoCluster
from gitops_tui.demo.demo import Demo, start_demo

__all__ = ["Demo", "DemoCluster", "start_demo"]
