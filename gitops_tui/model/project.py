"""Projects: what their applications may deploy, from where, to where, and when (Argo CD's `AppProject`)."""

from __future__ import annotations

from typing import NamedTuple

from gitops_tui.model.windows import SyncWindow
from gitops_tui.records import dataclass

DEFAULT_PROJECT = "default"


class KindRule(NamedTuple):
    """One of a white or black list: patterns; name only of cluster-wide kinds, "" for any."""

    group: str
    kind: str
    name: str = ""


class Place(NamedTuple):
    """One of `spec.destinations`: patterns, each may begin with "!"."""

    server: str = ""
    name: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """One AppProject. found_in: where, as people are told ("the cluster kind-a", a file). namespace_whitelist: None for all
    kinds, () for none. warn_orphaned: whether orphaned resources are to be warned of; orphans_ignored: which are none (a part left out
    matches anything). warnings: fields that have no effect here,
    each by name. problem: why its rules can't be read; then it permits nothing."""

    name: str
    found_in: str
    source_repos: tuple[str, ...] = ()
    destinations: tuple[Place, ...] = ()
    cluster_whitelist: tuple[KindRule, ...] = ()
    cluster_blacklist: tuple[KindRule, ...] = ()
    namespace_whitelist: tuple[KindRule, ...] | None = None
    namespace_blacklist: tuple[KindRule, ...] = ()
    source_namespaces: tuple[str, ...] = ()
    windows: tuple[SyncWindow, ...] = ()
    warn_orphaned: bool = False
    orphans_ignored: tuple[KindRule, ...] = ()
    warnings: tuple[str, ...] = ()
    problem: str = ""
