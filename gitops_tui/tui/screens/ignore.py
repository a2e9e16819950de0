"""An ignore rule made from a difference: where it holds, what it says, what it hides, before it is taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.binding import Binding

from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import FieldDifference
from gitops_tui.model.ignoring import IgnorePreview
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.text import printable
from gitops_tui.settings import FIELD_MANAGER, settings_file
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint
from gitops_tui.tui.screens.plan_rows import place
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

_LISTED = 6


class IgnoreScreen(Dialog[str | None]):
    """Answers with what was done, in words; None where nothing was."""

    BINDINGS = [
        Binding("1", "scope('object')", show=False),
        Binding("2", "scope('application')", show=False),
        Binding("3", "scope('kind')", show=False),
        Binding("4", "scope('all')", show=False),
        Binding("m", "manager", show=False),
        Binding("c", "copy", show=False),
        Binding("enter", "write", show=False),
        Binding("i", "back", show=False),
    ]

    def __init__(self, engine: EngineApi, app: AppKey, key: ResourceKey, difference: FieldDifference) -> None:
        super().__init__()
        self.engine, self.app_key, self.key, self.difference = engine, app, key, difference
        self.scope = "object"
        self.by_manager = False
        self.preview: IgnorePreview | None = None
        self.failure: BaseException | None = None
        self.writing = False

    def ready(self) -> None:
        super().ready()
        self._look()

    @property
    def manager(self) -> str:
        owner = self.difference.live_owner
        # A rule about what we set ourselves would hide all drift.
        return owner.manager if owner is not None and owner.manager != FIELD_MANAGER else ""

    @property
    def rule(self) -> IgnoreRule | None:
        from gitops_tui.compare.rulefor import rule_for

        manager = self.manager if self.by_manager else ""
        return rule_for(self.difference.path, self.key, self.app_key.name, self.scope, manager=manager)

    @property
    def file(self) -> Path:
        return settings_file()

    def yaml(self, *, ours: bool) -> str:
        """The rule as text, as in the settings or as in an Application."""
        from gitops_tui.compare.rulefor import rule_dict
        from gitops_tui.render.yamltext import dump

        rule = self.rule
        if rule is None:
            return ""
        name = "ignore_differences" if ours else "ignoreDifferences"
        return dump({name: [rule_dict(rule, ours=ours)]})

    def _look(self) -> None:
        """Asks what the rule would hide."""
        self.preview, self.failure = None, None
        rule = self.rule
        if rule is not None:
            self.ask(self.engine.preview_ignore(rule), self._told, self._not_told, latest=True)
        self.build()

    def _told(self, preview: IgnorePreview) -> None:
        self.preview = preview
        self.build()

    def _not_told(self, error: BaseException) -> None:
        self.failure, self.writing = error, False
        self.build()

    @property
    def read_only(self) -> bool:
        return self.host.settings.read_only or self.engine.snapshot.read_only

    def build(self) -> None:
        self.body.reads = True
        app, kind = printable(self.app_key.name), printable(self.key.kind)
        scopes = (
            ("1", "object", f"this {kind} only"),
            ("2", "application", f"every {kind} of {app}"),
            ("3", "kind", f"every {kind} of every application"),
            ("4", "all", "every kind of every application"),
        )
        rows: list[Row] = []
        for key, name, said in scopes:
            chosen = name == self.scope
            rows.append(row((f" {'●' if chosen else '○'} {key} ", "head bold" if chosen else "muted"), (said, "text")))
        if self.manager:
            sign = "●" if self.by_manager else "○"
            said = f"not this field, but all that {printable(self.manager)} sets"
            rows.append(row((f" {sign} m ", "head bold" if self.by_manager else "muted"), (said, "text")))
        rows.append(row(("", "text")))
        if self.rule is None:
            rows += self.note("no rule can name this difference", "warn")
        for line in self.yaml(ours=True).splitlines():
            rows += self.note(line, "key", indent="      ")
        rows.append(row(("", "text")))
        rows += self._hides()
        hints = []
        if self.rule is not None:
            if not self.read_only:
                hints.append(Hint("enter", "writing…" if self.writing else "add it to the settings", "screen.write"))
            hints.append(Hint("c", "copy as ignoreDifferences for Git", "screen.copy"))
        head = [
            self.headline("Ignore a difference", f"{kind} {self.key.name}", self.difference.path),
            row((f"into {printable(str(self.file))}; takes effect at once, changes no cluster", "muted")),
            row(("", "text")),
        ]
        if self.read_only:
            head[1] = row(("read-only: the rule can be copied, not written", "warn"))
        self.show(head, rows, [*hints, Hint("esc", "leave", "screen.back")], tall=True)

    def _hides(self) -> list[Row]:
        if self.failure is not None:
            return self.error_rows(self.failure)
        preview = self.preview
        if preview is None:
            return [row(("looking at what it hides…", "muted"))] if self.rule is not None else []
        if preview.problem:
            return self.note(preview.problem, "bad", first="✗ ", indent="  ")
        wide = len(preview.found) > 1 or preview.differences > 1
        rows = self.note(preview.words, "warn" if wide or not preview.found else "text")
        for each in preview.found[:_LISTED]:
            rows += self.note(f"{place(each.key)}: {', '.join(each.paths[:4])}", "muted", first="  ", indent="    ")
        if more := len(preview.found) - _LISTED:
            rows += [row((f"  and {plural(more, 'object')} more", "muted"))] if more > 0 else []
        return rows

    def action_scope(self, scope: str) -> None:
        self.scope = scope
        self._look()

    def action_manager(self) -> None:
        if self.manager:
            self.by_manager = not self.by_manager
            self._look()

    def action_copy(self) -> None:
        if text := self.yaml(ours=False):
            self.host.copy(text, "the rule, for spec of the Application in Git")
            self.dismiss(None)

    def action_write(self) -> None:
        rule, preview = self.rule, self.preview
        if rule is None or self.read_only or self.writing or (preview is not None and preview.problem):
            return
        self.writing = True
        self.build()
        self.ask(self.engine.ignore(rule), self._written, self._not_told)

    def _written(self, path: Path) -> None:
        self.dismiss(f"the rule stands in {path}: it holds from now on")
