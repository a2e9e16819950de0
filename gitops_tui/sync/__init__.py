"""SyncPlan from what is compared, and its execution."""

from typing import TYPE_CHECKING

from gitops_tui.lazily import names

if TYPE_CHECKING:
    from gitops_tui.sync.execute import Executor
    from gitops_tui.sync.plan import make_plan
else:
    __getattr__ = names(__name__, {"Executor": "gitops_tui.sync.execute", "make_plan": "gitops_tui.sync.plan"})

__all__ = ["Executor", "make_plan"]
