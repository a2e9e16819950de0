"""One line of the audit: an operation of an application, as its record keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from gitops_tui.model.record import HistoryEntry


@dataclass(frozen=True, slots=True)
class AuditLine:
    """application: "name" or "namespace/name"."""

    cluster: str
    application: str
    entry: HistoryEntry
