"""Pages of the right pane that are not a diff: an application, a kind, an owned object. Data to lines of pieces."""

from __future__ import annotations

import textwrap
from collections import Counter
from datetime import UTC, datetime, timedelta

from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import in_order
from gitops_tui.model.record import HistoryEntry
from gitops_tui.model.revision import Commit
from gitops_tui.model.snapshot import ApplicationState, ClusterState, OwnedObject, ResourceState, Severity, Snapshot
from gitops_tui.model.sync import OperationPhase, SyncStatus
from gitops_tui.model.text import printable, redact
from gitops_tui.tui.paint import Pieces
from gitops_tui.tui.rowtext import sync_of
from gitops_tui.tui.windowwords import gate_words, is_held
from gitops_tui.tui.words import HEALTH_ROLES, HEALTH_SIGNS, SYNC_ROLES, SYNC_SIGNS, age, pause_words, plural

_LABEL = 13
_LISTED = 12
_PHASES = {
    OperationPhase.RUNNING: "info",
    OperationPhase.SUCCEEDED: "ok",
    OperationPhase.FAILED: "bad",
    OperationPhase.STOPPED: "warn",
    OperationPhase.UNKNOWN: "warn",
}


class Page:
    """Lines of pieces, wrapped to a width."""

    def __init__(self, width: int) -> None:
        self.width = max(20, width)
        self.lines: list[Pieces] = []

    def gap(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append([])

    def heading(self, text: str) -> None:
        self.gap()
        self.lines.append([(f" {text}", "head bold")])

    def text(self, text: str, role: str = "text", indent: int = 1) -> None:
        for line in printable(text, keep_newlines=True).splitlines() or [""]:
            for part in textwrap.wrap(line, self.width - indent - 1) or [""]:
                self.lines.append([(" " * indent + part, role)])

    def fact(self, label: str, value: str, role: str = "text") -> None:
        """A label and what it is; left out where there is nothing to say."""
        if not value:
            return
        value = printable(value)
        parts = textwrap.wrap(value, self.width - _LABEL - 2) or [""]
        self.lines.append([(f" {label:<{_LABEL}}", "muted"), (parts[0], role)])
        self.lines += [[(" " * (_LABEL + 1), "muted"), (part, role)] for part in parts[1:]]

    def pieces(self, *pieces: tuple[str, str]) -> None:
        self.lines.append([(" ", "text"), *pieces])


def _commit(commit: Commit | None) -> str:
    if commit is None:
        return ""
    return f'{commit.short} "{commit.subject}" {commit.author}, {age(commit.commit_time)} ago'


def application_page(snapshot: Snapshot, state: ApplicationState, width: int) -> list[Pieces]:
    """Everything about one application, what is wrong first."""
    page = Page(width)
    _conditions(page, state)
    _holds(page, state)
    page.heading("Counts")
    _counts(page, state)
    _drifted(page, list(state.resources.values()), "Differs from Git")
    page.heading("Source")
    for source in state.app.sources:
        page.fact("repository", redact(source.repo_url))
        page.fact("chart" if source.chart else "path", source.chart or source.path)
    page.fact("renders as", state.source_type)
    page.fact("revision", state.app.source.target_revision if state.app.sources else "")
    page.fact("is now", _commit(state.target))
    if state.revision and (state.target is None or state.revision.sha != state.target.sha):
        page.fact("compared with", _commit(state.revision), "warn")
    if state.behind:
        behind = (
            plural(state.behind, "commit") if state.behind > 0 else "not known: the branch does not follow this commit"
        )
        page.fact("behind", behind, "warn")
    page.fact("declared in", redact(state.app.declared_in))
    _destination(page, snapshot, state)
    _policy(page, state)
    _syncs(page, state)
    return page.lines


def _conditions(page: Page, state: ApplicationState) -> None:
    if state.stale_since is not None:
        page.text(
            f"! stale: what is shown is as of {state.stale_since.astimezone():%H:%M:%S}, {age(state.stale_since)} ago",
            "warn",
        )
    for each in sorted(state.conditions, key=lambda each: each.severity is not Severity.ERROR):
        bad = each.severity is Severity.ERROR
        page.text(f"{'✗' if bad else '!'} {each.where}: {each.message}", "bad" if bad else "warn")
        if each.hint:
            page.text(f"→ {each.hint}", indent=3)
    for warning in state.app.warnings:
        page.text(f"! {warning}", "warn")
    for note in state.record.notes:
        page.text(f"! {note}", "warn")


def _holds(page: Page, state: ApplicationState) -> None:
    record = state.record
    if record.pause is not None:
        page.gap()
        page.text(pause_words(state) or "⏸ the pause is over", "warn")
        until = record.pause.until
        page.fact("since", f"{record.pause.since.astimezone():%F %H:%M} by {record.pause.who}")
        page.fact("until", f"{until.astimezone():%F %H:%M}" if until else "resumed (p)")
    if is_held(state):
        page.gap()
        page.text(gate_words(state.gate), "warn")
        page.text(state.gate.why, indent=3)
        page.fact("windows", ":windows lists them")
    if record.pin is not None:
        page.gap()
        page.text(f"⚲ pinned to {record.pin.revision[:7]}", "warn")
        page.fact("since", f"{record.pin.since.astimezone():%F %H:%M} by {record.pin.who}")
        page.fact("why", record.pin.message)
        page.fact("left", record.pin.rolled_back_from[:7])
        page.fact("unpin", "U lets it follow its branch again")
    operation = state.operation
    if operation is not None and operation.phase is OperationPhase.RUNNING:
        page.gap()
        page.text(f"↻ syncing to {operation.revision[:7]} since {age(operation.started)}: {operation.doing}", "info")


def _drifted(page: Page, states: list[ResourceState], heading: str) -> None:
    found = [each for each in states if each.drift.is_drifted or each.error]
    if not found:
        return
    page.heading(f"{heading}: {len(found)}")
    found.sort(key=lambda each: in_order(each.key))
    room = max(10, min(44, page.width // 2))
    for each in found[:_LISTED]:
        name = printable(f"{each.key.kind} {each.key.name}")
        words, role = sync_of(each)
        page.pieces((f"{name[: room - 1]:<{room}}", "text"), (words, role))
    if len(found) > _LISTED:
        page.text(f"… and {len(found) - _LISTED} more", "muted")


def _counts(page: Page, state: ApplicationState) -> None:
    if state.loading:
        page.text("… loading", "muted")
        return
    states = list(state.resources.values())
    sync = Counter(each.sync for each in states)
    health = Counter(each.health.status for each in states if each.health)
    page.fact("objects", f"{len(states):,}")
    said: Pieces = []
    for status in SyncStatus:
        if sync[status]:
            said.append((f"{sync[status]:,} {SYNC_SIGNS[status]} {status.value}   ", SYNC_ROLES[status]))
    if said:
        page.lines.append([(f" {'sync':<{_LABEL}}", "muted"), *said])
    if hidden := sum(each.drift.ignored for each in states):
        page.fact("hidden", f"{plural(hidden, 'difference')} by ignore rules")
    said = [
        (f"{health[status]:,} {HEALTH_SIGNS[status]} {status.value}   ", HEALTH_ROLES[status])
        for status in HealthStatus
        if health[status]
    ]
    if said:
        page.lines.append([(f" {'health':<{_LABEL}}", "muted"), *said])
    page.fact("", health_words_over_time(state.health_since, state.rollout))


def health_words_over_time(since: datetime | None, rollout: timedelta | None) -> str:
    """ "since 14:03, 2h · the last rollout took 42s", "" where nothing is known."""
    said = []
    if since is not None:
        local = since.astimezone()
        day = "" if local.date() == datetime.now().astimezone().date() else f"{local:%F} "
        said.append(f"since {day}{local:%H:%M}, {age(since)}")
    if rollout is not None:
        zero = datetime.min.replace(tzinfo=UTC)
        took = age(zero, zero + rollout) if rollout >= timedelta(seconds=1) else "less than 1s"
        said.append(f"the last rollout took {took}")
    return " · ".join(said)


def _destination(page: Page, snapshot: Snapshot, state: ApplicationState) -> None:
    page.heading("Destination")
    cluster = next((each for each in snapshot.clusters if each.name == state.key.cluster), None)
    page.fact("cluster", state.key.cluster)
    if cluster is not None:
        page.fact("server", redact(cluster.server))
        page.fact("version", cluster.version)
    page.fact("namespace", state.app.destination.namespace or "as each manifest says")
    page.fact("project", state.app.project if state.app.project != "default" else "")


def _policy(page: Page, state: ApplicationState) -> None:
    page.heading("Policy")
    policy = state.app.sync_policy
    page.fact("auto-sync", state.auto)
    if policy.automated is not None:
        said = [
            word for word, on in (("prune", policy.automated.prune), ("self-heal", policy.automated.self_heal)) if on
        ]
        page.fact("with", ", ".join(said) or "neither prune nor self-heal")
    page.fact("options", ", ".join(policy.sync_options))
    page.fact("ignores", plural(len(state.app.ignore_differences), "rule") if state.app.ignore_differences else "")
    for name, value in state.app.info:
        page.fact(name[:_LABEL], value)


def _syncs(page: Page, state: ApplicationState) -> None:
    page.heading("Syncs")
    operation = state.operation
    if operation is not None and operation.phase is not OperationPhase.RUNNING:
        page.fact(
            "last",
            f"{operation.phase.value} {age(operation.finished or operation.started)} ago {operation.message}",
            _PHASES[operation.phase],
        )
    if not state.record.history:
        page.text("none recorded" if operation is None else "", "muted")
    for entry in reversed(state.record.history[-8:]):
        _sync_line(page, entry)


def _sync_line(page: Page, entry: HistoryEntry) -> None:
    counts = ", ".join(f"{number} {action}" for action, number in entry.counts)
    page.pieces(
        (f"{age(entry.started):>4}  ", "muted"),
        (f"{entry.phase.value:<10}", _PHASES[entry.phase]),
        (f" {entry.revision[:7]} ", "text"),
        (printable(f"{entry.initiator.value} {entry.who} {counts} {entry.message}"), "muted"),
    )
    for failure in entry.failures:
        page.text(f"✗ {failure}", "bad", indent=7)


def kind_page(state: ApplicationState, kind: str, width: int) -> list[Pieces]:
    """All of one kind in an application: what differs, what is not healthy, then the rest by name."""
    page = Page(width)
    members = [each for each in state.resources.values() if each.key.group_kind == kind]
    health = Counter(each.health.status for each in members if each.health)
    page.fact("objects", f"{len(members):,}")
    if health:
        page.lines.append(
            [
                (f" {'health':<{_LABEL}}", "muted"),
                *(
                    (f"{health[s]:,} {HEALTH_SIGNS[s]} {s.value}   ", HEALTH_ROLES[s])
                    for s in HealthStatus
                    if health[s]
                ),
            ]
        )
    spaces = sorted({each.key.namespace for each in members if each.key.namespace})
    page.fact("namespaces", ", ".join(spaces[:10]) + (" …" if len(spaces) > 10 else ""))
    _drifted(page, members, "Differs from Git")
    sick = [each for each in members if each.health and each.health.status is not HealthStatus.HEALTHY]
    if sick:
        page.heading(f"Not healthy: {len(sick)}")
        for each in sorted(sick, key=lambda each: in_order(each.key))[:_LISTED]:
            assert each.health is not None
            page.text(
                f"{HEALTH_SIGNS[each.health.status]} {each.key.name}: {each.health.status.value} {each.summary} {each.health.message}",
                HEALTH_ROLES[each.health.status],
            )
    return page.lines


def owned_page(state: ResourceState, owned: OwnedObject, width: int) -> list[Pieces]:
    """An object that another one owns: Git knows nothing of it."""
    page = Page(width)
    page.fact("owned by", f"{state.key.kind} {state.key.name}")
    page.fact("namespace", owned.key.namespace)
    page.fact("created", f"{age(owned.created)} ago" if owned.created else "")
    if owned.health is not None:
        page.fact(
            "health",
            f"{HEALTH_SIGNS[owned.health.status]} {owned.health.status.value}",
            HEALTH_ROLES[owned.health.status],
        )
        page.fact("", owned.health.message)
    page.fact("state", owned.summary)
    page.fact("uid", owned.uid)
    if owned.children:
        page.heading(f"Owns {len(owned.children)}")
        for child in owned.children:
            role = HEALTH_ROLES[child.health.status] if child.health else "muted"
            sign = HEALTH_SIGNS[child.health.status] if child.health else " "
            page.text(f"{sign} {child.key.kind} {child.key.name}  {child.summary}", role)
    return page.lines


def find_owned(owned: tuple[OwnedObject, ...], uid: str) -> OwnedObject | None:
    """The object of that uid, however deep."""
    for each in owned:
        if each.uid == uid:
            return each
        if (found := find_owned(each.children, uid)) is not None:
            return found
    return None


__all__ = ["ClusterState", "Page", "application_page", "find_owned", "kind_page", "owned_page"]
