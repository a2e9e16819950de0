"""What a person asks of objects beyond their drift: why they are not healthy, their events, their addresses."""

from __future__ import annotations

from datetime import datetime

from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of trouble. weight: the bigger the nearer to the root of it. about: the object that says so (the first of
    `count` objects). what: one line. message: the API's own words, "" where they add nothing. container: whose log tells
    more, "" where none does; previous: of its last run. since: the API's timestamp, "" where it gives none."""

    weight: int
    about: ResourceKey
    what: str
    message: str = ""
    container: str = ""
    previous: bool = False
    since: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class LogTail:
    """The last lines of a container's log, printable. previous: of its run before this one. problem: why there are none."""

    pod: ResourceKey
    container: str
    previous: bool
    lines: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why something is not healthy: the causes, the weightiest first. key: None for a whole application. problems: what
    could not be looked at, so that an empty list is not taken for good news."""

    app: AppKey
    key: ResourceKey | None
    health: HealthStatus
    causes: tuple[Cause, ...] = ()
    log: LogTail | None = None
    problems: tuple[str, ...] = ()


def all_is_well(found: Diagnosis) -> str:
    """What to say of something without a cause of trouble; "" where it is not well."""
    if found.health is HealthStatus.HEALTHY:
        blind = " as far as can be seen" if found.problems else ""
        what = "each of its objects is healthy" if found.key is None else "it is healthy, and so is what it owns"
        return f"all is well{blind}: {what}"
    return "nothing is wrong: it is suspended" if found.health is HealthStatus.SUSPENDED else ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address that an object has. url: without credentials; a bare host where nothing tells its scheme."""

    url: str
    title: str
    about: ResourceKey


@dataclass(frozen=True, slots=True)
class Orphan:
    """An object that belongs to no application. managed_by: the other tool that says it manages it, "" for none."""

    key: ResourceKey
    created: datetime | None = None
    managed_by: str = ""


@dataclass(frozen=True, slots=True)
class Orphans:
    """Those in an application's namespaces, by key. problems: what could not be looked at."""

    app: AppKey
    namespaces: tuple[str, ...]
    orphans: tuple[Orphan, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What Pods use together at one moment. cpu: cores; memory: bytes; requests and limits: None where not all containers
    have one. at: metrics-server's timestamp."""

    cpu: float
    memory: float
    cpu_request: float | None
    cpu_limit: float | None
    memory_request: float | None
    memory_limit: float | None
    pods: int
    at: str


@dataclass(frozen=True, slots=True)
class UsageSeries:
    """The last samples, oldest first."""

    samples: tuple[Usage, ...] = ()


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What the Pods of one object use together."""

    key: ResourceKey
    usage: Usage


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What is used now. key: None for a whole application. metrics: whether the cluster serves them at all. total: None where
    no Pod is measured. rows: of an application each resource that has Pods, of a resource each Pod; by name."""

    app: AppKey
    key: ResourceKey | None
    metrics: bool = False
    total: Usage | None = None
    rows: tuple[UsageRow, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventLine:
    """Events that say the same of one object, as one. count: how often it was told. first, last: aware, UTC."""

    warning: bool
    reason: str
    message: str
    about: ResourceKey
    count: int = 1
    first: datetime | None = None
    last: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a selection, warnings first and the newest first among each. loading: not all are read yet.
    problems: what can't be read."""

    lines: tuple[EventLine, ...] = ()
    loading: bool = False
    problems: tuple[str, ...] = ()
