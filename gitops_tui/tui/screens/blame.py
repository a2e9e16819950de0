"""Who set what: for each difference of a resource the commit that set the side of Git and whoever set the cluster's, which
side has moved since the last sync, and when it was drifted in this session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.drift import DriftKind, FieldDifference
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.owners import who
from gitops_tui.model.since import since_words
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import age, plural

if TYPE_CHECKING:
    from gitops_tui.model.explain import Explained, FieldBlame
    from gitops_tui.reconcile.api import EngineApi


# What differs where no single field does.
_WHOLE = {
    DriftKind.NONE: "no field differs",
    DriftKind.MODIFIED: "no field differs",
    DriftKind.MISSING: "it is not in the cluster: all of it is Git's",
    DriftKind.EXTRA: "it is not in Git: all of it is the cluster's",
}


class BlameScreen(Dialog[None]):
    """Asks once, when it opens."""

    BINDINGS = [Binding("b", "back", show=False)]

    def __init__(self, engine: EngineApi, app: AppKey, key: ResourceKey) -> None:
        super().__init__()
        self.engine, self.app_key, self.key = engine, app, key
        self.explained: Explained | None = None
        self.failure: BaseException | None = None

    def ready(self) -> None:
        self.ask(self.engine.explain(self.app_key, self.key), self._told, self._not_told)

    def _told(self, explained: Explained) -> None:
        self.explained = explained
        self.build()

    def _not_told(self, error: BaseException) -> None:
        self.failure = error
        self.build()

    @property
    def resource(self) -> ResourceState | None:
        state = self.engine.snapshot.applications.get(self.app_key)
        return state.resources.get(self.key) if state is not None else None

    def build(self) -> None:
        resource, explained = self.resource, self.explained
        differences = resource.drift.differences if resource is not None else ()
        head = [self.headline("Who set what", f"{self.key.kind} {self.key.name}", self.key.namespace)]
        if explained is not None and explained.last_synced_revision:
            said = f"last synced to {explained.last_synced_revision[:7]}"
            head.append(row((said, "muted"), (f" · {explained.moved.value}" if explained.moved else "", "warn bold")))
        rows: list[Row] = []
        if self.failure is not None:
            rows += self.error_rows(self.failure)
        elif explained is None:
            rows.append(row(("asking Git…", "muted")))
        if explained is not None and explained.problem:
            rows += self.note(explained.problem, "warn", first="! ", indent="  ")
        for difference in differences:
            rows += self._field(difference, explained)
        if not differences:
            kind = resource.drift.kind if resource is not None else DriftKind.NONE
            rows.append(row((_WHOLE[kind], "ok" if kind is DriftKind.NONE else "warn")))
            if resource is not None and (said := since_words(resource, explained)):
                rows += self.note(said, "muted", first="  ", indent="  ")
            if explained is not None and (said := _in_git(explained.whole)):
                rows += self.note(said, first="  Git      ", indent="           ")
        if resource is not None and resource.episodes:
            rows += [
                row(("", "text")),
                row((f"Drifted {plural(len(resource.episodes), 'time')} in this session", "head")),
            ]
            for each in reversed(resource.episodes):
                until = f"for {age(each.began, each.ended)}" if each.ended else "until now"
                begun = (
                    f"{each.began.astimezone():%H:%M:%S}"
                    if each.dated
                    else f"before {each.began.astimezone():%H:%M:%S}"
                )
                said = "  ".join(filter(None, (f"{begun} {until}", each.by, ", ".join(each.paths))))
                rows += self.note(said, first="  ", indent="    ")
        self.show(head, rows, [Hint("esc", "close", "screen.back")])

    def _field(self, difference: FieldDifference, explained: Explained | None) -> list[Row]:
        rows = self.note(difference.path, "head")
        blame = explained.blame.get(difference.path) if explained is not None else None
        unknown = "no line of Git is found that sets it"
        if explained is None:
            unknown = "…"
        elif blame is None:
            unknown = f"not looked for: of this many only the first {len(explained.blame)} are"
        said = _in_git(blame) or unknown
        rows += self.note(said, first="  Git      ", indent="           ")
        owner = blame.live if blame is not None and blame.live is not None else difference.live_owner
        if owner is None:
            said = "nobody is recorded for it"
        else:
            when = f" {age(owner.time)} ago" if owner.time is not None else ""
            by = who(owner)
            said = f"{by}{when}" + (f" ({owner.subresource})" if owner.subresource and by == owner.manager else "")
        rows += self.note(said, first="  cluster  ", indent="           ")
        move = next((each for each in explained.moves if each.path == difference.path), None) if explained else None
        if move is not None and move.moved:
            rows += self.note(f"{move.moved.value} since the last sync", "muted", first="  ", indent="  ")
        if difference.note:
            rows += self.note(difference.note, "warn", first="  ", indent="  ")
        return rows


def _in_git(blame: FieldBlame | None) -> str:
    """Who set it in Git, or took it out; "" where that is not known."""
    line = blame.desired if blame is not None else None
    if line is not None:
        older = " or earlier (the clone ends there)" if line.boundary else ""
        return f"{line.commit[:7]} {line.author} {age(line.time)} ago{older}  {line.subject}  {line.path}:{line.line}"
    gone = blame.removed if blame is not None else None
    if gone is not None:
        return (
            f"{gone.commit[:7]} {gone.author} {age(gone.time)} ago took it out  {gone.subject}  "
            f"(it was {gone.path}:{gone.line})"
        )
    return ""
