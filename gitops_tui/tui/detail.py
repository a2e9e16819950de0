"""The right pane: an application's summary, or a resource with its diff, opened at the first change."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from gitops_tui.model.diff import DiffCell, DiffRow, RowKind
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.snapshot import ApplicationState, ResourceState, Snapshot
from gitops_tui.model.text import printable
from gitops_tui.tui.layout import Node, app_status, resource_status
from gitops_tui.tui.lines import Lines
from gitops_tui.tui.words import age

_DIM = {RowKind.EXTRA, RowKind.IGNORED, RowKind.FOLD}


class Detail(Lines):
    """`show(snapshot, node)` chooses what is drawn."""

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.items: list[Text | DiffRow] = [Text("starting…")]
        self.changes: list[int] = []
        self.unified = False
        self._source: object = None
        self._node: Node | None = None

    def show(self, snapshot: Snapshot, node: Node | None, *, again: bool = False) -> None:
        app = snapshot.applications.get(node.app) if node else None
        resource = app.resources.get(node.key) if app and node and node.key else None
        source: object = resource or app
        if source is self._source and node == self._node and not again:
            return
        moved = node != self._node
        self._source, self._node, self.changes = source, node, []
        if app is None:
            self.items = [Text("loading…" if snapshot.starting else "nothing selected")]
        elif resource is None:
            self.items = list(self._application(app))
        else:
            self._resource(resource)
        self.set_count(len(self.items))
        if moved:
            first = self.changes[0] if self.changes else 0
            self.scroll_to(y=max(0, first - 4) if first >= self.size.height else 0, animate=False, force=True)

    def _block(self, text: str, role: str = "") -> list[Text | DiffRow]:
        width = max(20, self.size.width - 2)
        made: list[Text | DiffRow] = []
        for line in printable(text, keep_newlines=True).splitlines():
            made += [
                Text(" " + line[at : at + width], style=self.role(role)) for at in range(0, max(1, len(line)), width)
            ]
        return made

    def _application(self, state: ApplicationState) -> list[Text | DiffRow]:
        words, role = app_status(state)
        lines = self._block(f"Application {state.app.name}", "head") + self._block(words, role)
        if state.stale_since:
            lines += self._block(f"what is shown is {age(state.stale_since)} old", "warn")
        for condition in state.conditions:
            lines += self._block(f"{condition.severity.value} ({condition.where}): {condition.message}", "bad")
            lines += self._block(f"→ {condition.hint}") if condition.hint else []
        facts: list[tuple[str, str]] = []
        for label, commit in (("revision", state.revision), ("target", state.target)):
            if commit:
                facts.append((label, f'{commit.short} "{commit.subject}" {commit.author} {age(commit.commit_time)}'))
        if state.behind:
            facts.append(
                (
                    "behind",
                    f"{state.behind} commits"
                    if state.behind > 0
                    else "not known (the target does not follow this commit)",
                )
            )
        target = state.app.destination
        facts += [("to", f"{state.key.cluster} · namespace {target.namespace or '-'}"), ("auto-sync", state.auto)]
        record = state.record
        if record.pause:
            until = f" until {record.pause.until:%F %H:%M}Z" if record.pause.until else ""
            facts.append(("paused", f"by {record.pause.who} {age(record.pause.since)}{until} {record.pause.reason}"))
        if record.pin:
            facts.append(("pinned", f"{record.pin.revision[:7]} by {record.pin.who} {record.pin.message}"))
        if state.operation:
            facts.append(("operation", f"{state.operation.phase.value} {state.operation.message}"))
        facts += [("warning", each) for each in state.app.warnings]
        for label, value in facts:
            lines += self._block(f"{label:<10} {value}")
        for entry in reversed(record.history[-8:]):
            said = f"{entry.revision[:7]} {entry.phase.value} {age(entry.started)} {entry.who} {entry.message}"
            lines += self._block(f"synced     {said}", "muted")
        return lines

    def _resource(self, state: ResourceState) -> None:
        key = state.key
        words, role = resource_status(state)
        where = f" · {key.namespace}" if key.namespace else ""
        lines = self._block(f"{key.kind} {key.name}{where}", "head") + self._block(words, role)
        for said in (
            state.summary,
            state.health.message if state.health else "",
            *state.warnings,
            *state.drift.warnings,
        ):
            lines += self._block(said) if said else []
        if state.drift.kind is DriftKind.NONE and state.live is None:
            self.items = lines
            return
        from gitops_tui.compare import diff_rows  # pulls in the schemas: after the first paint

        made = diff_rows(state.manifest.obj if state.manifest else None, state.live, state.drift)
        count = len(made.changes)
        lines += self._block(f"Git │ cluster · {count} change{'s' if count != 1 else ''} · n next · u unified", "muted")
        start = len(lines)
        for index, row in enumerate(made.rows):
            if index in made.changes:
                self.changes.append(start + len(lines) - start)
            if self.unified and row.kind is RowKind.CHANGED and row.left and row.right:
                lines.append(DiffRow(RowKind.LEFT, row.left, None, row.path))
                lines.append(DiffRow(RowKind.RIGHT, None, row.right, row.path, 0, row.difference))
            else:
                lines.append(row)
        self.items = lines

    def line(self, y: int, width: int) -> Text:
        item = self.items[y] if y < len(self.items) else Text()
        if isinstance(item, Text):
            return item.copy()
        if item.kind is RowKind.FOLD:
            return Text(f"  ⋯ {item.folded} equal lines", style=self.role("muted"))
        owner = item.difference.live_owner if item.difference else None
        note = f" {printable(owner.manager)} {age(owner.time)}" if owner else ""
        if self.unified:
            cell = item.left or item.right
            sign = "-" if item.kind is RowKind.LEFT else "+" if item.kind is RowKind.RIGHT else " "
            text = self._cell(cell, sign, item.kind)
            text.append(note, self.role("muted"))
            return text
        half = max(10, (width - 1) // 2)
        differs = item.kind in {RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT}
        text = self._cell(item.left, "-" if differs and item.left else " ", item.kind)
        text.truncate(half, overflow="ellipsis", pad=True)
        text.append("│", self.role("muted"))
        text.append_text(self._cell(item.right, "+" if differs and item.right else " ", item.kind))
        text.append(note, self.role("muted"))
        return text

    def _cell(self, cell: DiffCell | None, sign: str, kind: RowKind) -> Text:
        if cell is None:
            return Text("")
        text = Text(f"{cell.number:>4} {sign} ", style=Style(dim=True) if sign == " " else Style())
        start = len(text)
        role = {"-": "bad", "+": "ok"}.get(sign, "")
        text.append(cell.text, Style(dim=True) if kind in _DIM else self.role(role))
        for begin, end in cell.changed:
            text.stylize(Style(bold=True, underline=True), start + begin, start + end)
        return text

    def jump(self, step: int) -> None:
        """To the next or previous change."""
        top = int(self.scroll_offset.y)
        marks = [max(0, each - 2) for each in self.changes]
        later = [m for m in marks if m > top] if step > 0 else [m for m in marks if m < top][::-1]
        if later:
            self.scroll_to(y=later[0], animate=False, force=True)
