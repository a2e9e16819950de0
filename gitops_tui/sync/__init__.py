"""SyncPlan from what is compared, and its execution."""

from gitops_tui.sync.execute import Executor
from gitops_tui.sync.plan import make_plan

__all__ = ["Executor", "make_plan"]
