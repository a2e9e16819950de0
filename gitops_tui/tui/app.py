"""The app: composes the screen and routes keys and answers; it decides nothing.

Snapshots come on the engine's thread, are coalesced into one message, and repaint only the rows that differ.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from functools import partial

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from gitops_tui.errors import GitOpsError
from gitops_tui.model.snapshot import Link, Snapshot
from gitops_tui.model.sync import SyncStatus
from gitops_tui.model.text import printable
from gitops_tui.reconcile.api import EngineApi
from gitops_tui.settings import Settings
from gitops_tui.tui.actions import Acting
from gitops_tui.tui.detail import Detail
from gitops_tui.tui.moves import Moves
from gitops_tui.tui.screens import Following, Reader
from gitops_tui.tui.themes import DEFAULT, load_themes
from gitops_tui.tui.tree import Tree
from gitops_tui.tui.words import age


class GitOpsApp(Moves, Acting):
    """The main screen."""

    CSS = """
    ModalScreen { align: center middle; }
    #header, #footer { height: 1; width: 100%; background: $panel; }
    #panes { layout: horizontal; height: 1fr; }
    #tree { width: 45%; height: 100%; }
    #detail { width: 1fr; height: 100%; border-left: solid $panel; }
    .narrow #panes { layout: vertical; }
    .narrow #tree { width: 100%; height: 50%; }
    .narrow #detail { width: 100%; height: 1fr; border-left: none; border-top: solid $panel; }
    """
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self, engine_factory: Callable[[], EngineApi], settings: Settings, *, title: str = "", hint: str = ""
    ) -> None:
        super().__init__(engine_factory, settings, title=title, hint=hint)
        self.animation_level = "none"
        # Whether the start has failed, and how many of the session's conditions were said.
        self.failed, self.said = False, 0
        for theme in load_themes():
            self.register_theme(theme)
        self.theme = settings.theme if settings.theme in self.available_themes else DEFAULT
        for key in self.table:
            self._bindings.bind(key.keys, f"go_{key.action}" if key.action == "open" else key.action, show=False)

    def compose(self) -> ComposeResult:
        yield Static(Text(f" gitops-tui {self.head} · starting…"), id="header")
        with Container(id="panes"):
            yield Tree(drifted_first=self.settings.drifted_first)
            yield Detail()
        said = self.hint or "s sync  p pause  h history  ] next drift  / filter  r refresh  ? help  q quit"
        yield Static(Text(f" {printable(said)}", no_wrap=True, overflow="ellipsis"), id="footer")

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, partial(self.exit, None, 128 + number))
        self.call_after_refresh(threading.Thread(target=self._begin, name="engine-start", daemon=True).start)

    def on_resize(self) -> None:
        self.screen_stack[0].set_class(self.size.width < 100, "narrow")
        self.call_after_refresh(self._follow, True)

    # --- the engine ---------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        try:
            engine = self.factory()
            self.engine = engine
            self.end = engine.subscribe(self._snapshot_came)
            engine.start()
        except Exception as error:  # a thread's edge: shown on the start-up error screen
            said = error  # the name of an except clause is gone once it ends
            self.post_message(self.Came(lambda: self._start_failed(said)))
            return
        self._snapshot_came(engine.snapshot)

    def _start_failed(self, error: Exception) -> None:
        hint = f"\n\n→ {error.hint}" if isinstance(error, GitOpsError) and error.hint else ""
        said = error.message if isinstance(error, GitOpsError) else f"{type(error).__name__}: {error}"
        self.push_screen(
            Reader(f"gitops-tui can't start\n\n{said}{hint}\n\nq quit"), lambda _: self.exit(return_code=2)
        )

    def _snapshot_came(self, _snapshot: Snapshot) -> None:
        if not self.waiting_snapshot.is_set():
            self.waiting_snapshot.set()
            self.post_message(self.Came(self._show))

    def _show(self) -> None:
        self.waiting_snapshot.clear()
        if self.engine is None:
            return
        snapshot = self.engine.snapshot
        started = [each for each in snapshot.conditions if each.where == "start"]
        if started and not snapshot.applications:
            if not self.failed:
                self.failed = True
                self._start_failed(GitOpsError(started[0].message, hint=started[0].hint))
            return
        for each in snapshot.conditions[self.said :]:
            self.notify(printable(each.message), severity=each.severity.value, timeout=20, markup=False)
        self.said = len(snapshot.conditions)
        self.tree_pane.show(snapshot)
        self._header(snapshot)
        for screen in self.screen_stack[1:]:
            if isinstance(screen, Following):
                screen.follow(snapshot)

    def _header(self, snapshot: Snapshot) -> None:
        parts = [f" {self.head or 'gitops-tui'}"]
        for cluster in snapshot.clusters:
            since = "" if cluster.link is Link.LIVE else f" for {age(cluster.since)} {cluster.message}"
            parts.append(f"{cluster.name} {cluster.link.value}{since}")
        apps = snapshot.applications.values()
        bad = sum(a.sync is SyncStatus.OUT_OF_SYNC for a in apps)
        good = sum(a.sync is SyncStatus.SYNCED for a in apps)
        parts.append(f"{len(apps)} app{'' if len(apps) == 1 else 's'} {good} ✓ {bad} ✗")
        if snapshot.conditions:
            parts.append(f"{len(snapshot.conditions)} to read (E)")
        for repository in snapshot.repositories[:1]:
            head = repository.head
            parts.append(f"{repository.url.rpartition('/')[2]}@{repository.revision}")
            parts += [f'{head.short} "{head.subject}" {age(head.commit_time)}'] if head else []
            parts += [f"git: {repository.error}"] if repository.error else []
        parts += [snapshot.worker] if snapshot.worker else []
        parts += ["read-only"] if snapshot.read_only or self.settings.read_only else []
        text = Text(printable(" · ".join(parts)), no_wrap=True, overflow="ellipsis")
        self.screen_stack[0].query_one("#header", Static).update(text)

    def on_tree_moved(self) -> None:
        self.set_timer(0.06, self._follow)

    def _follow(self, again: bool = False) -> None:
        # A callback may come when the app is leaving and its screens are gone.
        if self.engine and self.screen_stack:
            self.detail.show(self.tree_pane.snapshot, self.tree_pane.node, again=again)

    # --- keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        mine = {f"go_{key.action}" if key.action == "open" else key.action for key in self.table}
        return not (action in mine and len(self.screen_stack) > 1)
