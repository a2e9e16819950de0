"""What stands above a diff in the right pane: its title, what a person should read first, and what is on which side. Pure."""

from __future__ import annotations

from gitops_tui.model.drift import DriftKind
from gitops_tui.model.since import since_words
from gitops_tui.model.snapshot import ApplicationState, OwnedObject, ResourceState
from gitops_tui.model.text import printable
from gitops_tui.tui.layout import Node
from gitops_tui.tui.pages import Page, health_words_over_time
from gitops_tui.tui.paint import Pieces, cut, width_of
from gitops_tui.tui.rowtext import app_health, app_sync, sync_of
from gitops_tui.tui.words import HEALTH_ROLES, health_words, history_words, plural

_HIDDEN = 20
_NOTES = 3
Subject = ApplicationState | ResourceState | OwnedObject | None


def title(subject: Subject, app: ApplicationState | None, node: Node | None) -> tuple[str, list[tuple[str, str]]]:
    """The name of what is shown, and words on it with their roles."""
    if isinstance(subject, ResourceState):
        key = subject.key
        where = f" · {key.namespace}" if key.namespace else ""
        sync = sync_of(subject)
        words = "≠ Modified" if subject.drift.kind is DriftKind.MODIFIED else sync[0]
        words = "⊘ sync would fail" if subject.drift.refused else words
        health = subject.health
        said = [(words, sync[1])]
        if subject.moved:
            said.append((subject.moved.value, "warn"))
        # "missing" says it once.
        if health is not None and subject.drift.kind is not DriftKind.MISSING:
            said.append((health_words(health.status), HEALTH_ROLES[health.status]))
        return printable(f"{key.kind} {key.name}{where}"), said
    if isinstance(subject, OwnedObject):
        where = f" · {subject.key.namespace}" if subject.key.namespace else ""
        health = subject.health
        said = [(health_words(health.status), HEALTH_ROLES[health.status])] if health else []
        return printable(f"{subject.key.kind} {subject.key.name}{where}"), said
    if app is None:
        return "gitops-tui", []
    if node is not None and node.kind:
        return printable(f"{node.kind} · {app.key}"), []
    return printable(f"Application {app.key}"), [app_sync(app), app_health(app)]


def about(state: ResourceState, width: int, *, said: str, three: tuple[str, str], hidden: bool) -> list[Pieces]:
    """What a person should read before the diff. said: a word on the pane itself; three: why there are no three sides, with
    its role; hidden: whether what rules hide is shown."""
    page = Page(width)
    if said:
        page.text(said, "bad")
    if state.error:
        page.text(f"? {state.error}", "warn")
    if state.drift.refused:
        page.text(f"⊘ sync would fail: {state.drift.refused}", "bad")
    health = state.health
    if health is not None and (health.message or state.summary) and health.status.value != "Healthy":
        words = " · ".join(each for each in (state.summary, health.message) if each)
        page.text(f"{health_words(health.status)}: {words}", HEALTH_ROLES[health.status])
    if over := health_words_over_time(state.health_since, state.rollout):
        word = health_words(health.status) if health is not None else ""
        page.text(f"{word} {over}", "muted")
    if state.cause and (health is None or state.cause != f"{health.status.value}: {health.message}".rstrip(": ")):
        page.text(f"why: {state.cause} · W tells more")
    if three[0]:
        page.text(f"three-way: {three[0]}", three[1])
    for warning in dict.fromkeys(state.warnings):
        if not (state.drift.refused and warning.startswith("sync would fail: ")):
            page.text(f"! {warning}", "warn")
    for each in [each for each in state.drift.differences if each.note][:_NOTES]:
        page.text(f"! {each.path}: {each.note}", "warn")
    if len(state.episodes) > 1 or (state.episodes and state.episodes[-1].ended is not None):
        page.text(history_words(state.episodes), "muted")
    elif since := since_words(state, clock=True):
        page.text(since, "muted")
    if state.drift.ignored_by:
        page.text(f"not counted: {state.drift.ignored_by}", "muted")
    if state.drift.ignored:
        number = plural(state.drift.ignored, "difference")
        page.text(
            f"{number} hidden by ignore rules (I {'leaves them out' if hidden else 'shows them'})",
            "muted",
        )
        for each in state.drift.hidden[:_HIDDEN] if hidden else ():
            page.text(f"~ {each.path}: {each.ignored_by}{f': {each.note}' if each.note else ''}", "muted", indent=3)
    return page.lines


def sides(state: ResourceState, cluster_name: str, width: int, *, columns: bool) -> Pieces:
    """What stands on which side. columns: whether they stand side by side."""
    git = "Git"
    if state.manifest is not None:
        origin = state.manifest.origin
        git = printable(f"Git · {origin.commit[:7]} {origin.path}{f':{origin.line}' if origin.line else ''}")
    cluster = f"Cluster · {cluster_name}" if cluster_name else "Cluster"
    kind = state.drift.kind
    if columns:
        half = (width - 2) // 2
        return [(f" {cut(git, half - 1)}".ljust(half), "git"), ("│", "muted"), (f" {cluster}", "cluster")]
    if kind is DriftKind.MODIFIED:
        return [
            (f" - {cut(git, max(8, width - width_of(cluster) - 9))}", "git"),
            ("   ", "text"),
            (f"+ {cluster}", "cluster"),
        ]
    if kind is DriftKind.MISSING:
        return [(f" - {git}", "git"), (" · not in the cluster", "muted")]
    if kind is DriftKind.EXTRA:
        return [(f" + {cluster}", "cluster"), (" · not in Git", "muted")]
    hidden = ", but for what rules hide" if state.drift.hidden else ""
    return [(f" {git}", "git"), (f" · the cluster has the same{hidden}; ~ is set there only", "muted")]
