"""LiveObject -> HealthStatus. Pure."""

from gitops_tui.health.assess import assess
from gitops_tui.health.lua import assessor
from gitops_tui.health.summary import summary

__all__ = ["assess", "assessor", "summary"]
