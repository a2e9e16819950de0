"""Roll back in Git: a commit that restores the application's files, on its branch or on a new one, and pushes it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from gitops_tui.model.keys import AppKey
from gitops_tui.model.revert import RevertPreview, RevertRequest, RevertResult
from gitops_tui.model.revision import Commit
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.tui.screens.ask import TextBox
from gitops_tui.tui.screens.change_rows import change_rows, file_rows, totals
from gitops_tui.tui.screens.dialog import Dialog
from gitops_tui.tui.screens.hints import Hint, tick
from gitops_tui.tui.screens.rows import Row, row
from gitops_tui.tui.screens.stages import after_revert, stage_pieces
from gitops_tui.tui.words import age, plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class RevertScreen(Dialog[bool]):
    """Shows what the commit would change and whose later commits it undoes; `enter` makes it, after `y`."""

    BINDINGS = [
        Binding("enter", "run", show=False),
        Binding("b", "box('branch')", show=False),
        Binding("m", "box('message')", show=False),
        Binding("u", "push", show=False),
        Binding("r", "replan", show=False),
    ]

    def __init__(self, engine: EngineApi, app_key: AppKey, commit: Commit) -> None:
        super().__init__()
        self.engine, self.app_key, self.commit = engine, app_key, commit
        self.request = RevertRequest(commit.sha)
        self.preview: RevertPreview | None = None
        self.result: RevertResult | None = None
        self.error: BaseException | None = None
        self.sending = False
        self.rows: list[Row] = []

    def below(self) -> ComposeResult:
        yield TextBox(placeholder="new branch (b writes here; empty: onto the branch itself)", id="branch")
        yield TextBox(placeholder="message (m writes here; empty: one is made)", id="message")

    def extra(self) -> int:
        return 2

    def ready(self) -> None:
        super().ready()
        self.action_replan()

    def action_replan(self) -> None:
        if self.sending or self.result:
            return
        self.preview, self.error, self.rows = None, None, []
        self.build()
        asked = replace(
            self.request,
            new_branch=self.query_one("#branch", TextBox).value.strip(),
            message=self.query_one("#message", TextBox).value.strip(),
        )
        self.ask(self.engine.preview_revert(self.app_key, asked), self._previewed, self._failed, latest=True)

    def _previewed(self, found: RevertPreview) -> None:
        self.preview = found
        self.build()
        self.later(partial(self._make, found))

    async def _make(self, found: RevertPreview) -> None:
        made = await asyncio.to_thread(change_rows, found.files)
        self.rows = [*(file_rows(found.files) if len(found.files) > 1 else []), *made]
        self.build()

    def _failed(self, error: BaseException) -> None:
        self.error, self.sending = error, False
        self.build()

    def build(self) -> None:
        commit, found = self.commit, self.preview
        head = [self.headline(f"Revert {printable(self.app_key.name)} in Git")]
        said = f'to {commit.short} "{commit.subject}" {commit.author} {age(commit.commit_time)} ago'
        head += self.note(said)
        body: list[Row] = self.rows
        hints = [Hint("esc", "leave", "screen.back")]
        if self.error:
            head += self.error_rows(self.error)
            hints.insert(0, Hint("r", "try again", "screen.replan"))
        elif self.result:
            head += self._result(self.result)
            body = []
        elif self.sending:
            head.append(row(("committing…", "muted")))
        elif found is None:
            head.append(row(("reading what would change…", "muted")))
        else:
            head += self._preview(found)
            hints[0:0] = [
                Hint("b", "new branch", "screen.box('branch')"),
                Hint("m", "message", "screen.box('message')"),
                Hint("u", f"{tick(found.push)} push", "screen.push"),
            ]
            if not found.is_empty:
                hints.insert(0, Hint("enter", "commit and push" if found.push else "commit", "screen.run"))
        head.append(row(("─" * self.text_width, "muted")))
        self.show(head, body, hints, tall=True)

    def _preview(self, found: RevertPreview) -> list[Row]:
        where = (
            f"a new branch {found.new_branch}, from {found.branch}"
            if found.new_branch
            else f"the branch {found.branch}"
        )
        rows = self.note(f"one commit onto {where} of {found.url}, as {found.author}")
        if found.is_empty:
            return [*rows, row(("the files are at that commit already: nothing to do", "ok"))]
        rows.append(row(*totals(found.files)))
        if found.undone:
            others = len(found.others)
            said = f"undoes {plural(len(found.undone), 'commit')}" + (f", {others} of other people" if others else "")
            rows.append(row((said, "warn" if others else "text")))
            for each in found.undone[:3]:
                line = f"{each.commit.short} {age(each.commit.commit_time)} {each.commit.author}: {each.commit.subject}"
                rows.append(row((f"  {printable(line)}", "muted")))
            if len(found.undone) > 3:
                rows.append(row((f"  and {len(found.undone) - 3} more", "muted")))
        for warning in found.warnings[:3]:
            rows += self.note(warning, "warn", first="! ", indent="  ")
        if not found.new_branch:
            rows += self.note("the application follows its branch to the new commit; nothing is pinned", "info")
        return rows

    def _result(self, made: RevertResult) -> list[Row]:
        pushed = "pushed" if made.pushed else "not pushed"
        rows = self.note(f"✓ committed {made.commit[:7]} onto {made.branch}, {pushed}", "ok bold")
        if made.pull_request_url:
            rows += self.note(f"open a pull request: {made.pull_request_url}", "info")
        if made.moved:
            rows += self.note(
                f"{plural(len(made.moved), 'commit')} came onto the branch meanwhile and lie below it", "warn"
            )
        state = self.engine.snapshot.applications.get(self.app_key)
        if state is not None:
            new = bool(self.preview and self.preview.new_branch)
            local = made.pushed or bool(self.preview and not self.preview.push)
            stages = after_revert(state, made.commit, pushed=local, same_branch=not new)
            rows.append(row(*stage_pieces(stages)))
        for note in made.notes:
            rows += self.note(note, "warn", first="! ", indent="  ")
        return rows

    def follow(self, snapshot: Snapshot) -> None:
        """Shows how the new commit reaches the cluster."""
        if self.result and self.is_mounted:
            self.build()

    def action_box(self, name: str) -> None:
        if self.preview is not None and not self.sending and not self.result:
            self.query_one(f"#{name}", TextBox).focus()

    def action_push(self) -> None:
        if self.preview is not None:
            self.request = replace(self.request, push=not self.preview.push)
            self.action_replan()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.body.focus()
        self.action_replan()

    def action_run(self) -> None:
        from gitops_tui.tui.screens.confirm import Confirm

        found = self.preview
        if self.result:
            self.dismiss(True)
        if found is None or found.is_empty or self.sending or self.result:
            return
        verb = "Commit and push" if found.push else "Commit"
        lines = [
            f"{verb} onto {found.new_branch or found.branch} of {found.url}?",
            "",
            *printable(found.message, keep_newlines=True).split("\n"),
        ]

        def agreed(yes: bool | None) -> None:
            if yes and self.preview is found and not self.sending:
                self.sending = True
                self.build()
                self.ask(self.engine.revert(self.app_key, found), self._made, self._failed, orphan=self._unseen)

        self.app.push_screen(Confirm("Revert in Git", lines, verb.lower()), agreed)

    def _made(self, made: RevertResult) -> None:
        self.sending, self.result = False, made
        self.build()

    def _unseen(self, made: RevertResult | None, error: BaseException | None) -> None:
        if error is not None:
            self.host.say(f"{self.app_key.name} was not reverted: {error}", "error")
        elif made is not None:
            self.host.say(f"{self.app_key.name}: reverted by {made.commit[:7]}")

    def action_back(self) -> None:
        if not self.body.has_focus and not self.result:
            self.body.focus()
        else:
            self.dismiss(self.result is not None)
