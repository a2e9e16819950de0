"""One line of the audit: an operation of an application, as its record keeps it."""

from __future__ import annotations

from gitops_tui.model.record import HistoryEntry
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class AuditLine:
    """application: "name" or "namespace/name"."""

    cluster: str
    application: str
    entry: HistoryEntry
