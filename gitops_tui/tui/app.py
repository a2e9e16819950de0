"""The app: composes the screen and routes keys and answers; it decides nothing.

Snapshots come on the engine's thread, are coalesced into one message, and repaint only the cells that differ.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.containers import Container
from textual.theme import Theme
from textual.timer import Timer

from gitops_tui.errors import GitOpsError
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.model.text import printable
from gitops_tui.settings import Settings
from gitops_tui.tui.actions import Acting
from gitops_tui.tui.bar import Bar, Item
from gitops_tui.tui.detail import Detail
from gitops_tui.tui.driftkeys import DriftKeys
from gitops_tui.tui.filterline import FilterLine
from gitops_tui.tui.header import header_items
from gitops_tui.tui.lines import Lines
from gitops_tui.tui.moves import Moves
from gitops_tui.tui.remember import Memory, Remembered
from gitops_tui.tui.screens import Following, Reader
from gitops_tui.tui.themes import DEFAULT, TERMINAL, load_themes, named
from gitops_tui.tui.tree import Tree
from gitops_tui.tui.typing_keys import TypingKeys

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

# The right pane follows the cursor once it has rested that long (seconds).
_FOLLOW = 0.08
_ROLES: dict[str, str] = {"information": "text", "warning": "warn", "error": "bad"}


class GitOpsApp(TypingKeys, DriftKeys, Moves, Acting):
    """The main screen."""

    CSS = """
    ModalScreen { align: center middle; }
    #panes { layout: horizontal; height: 1fr; }
    #tree { width: 45%; height: 100%; }
    #detail { width: 1fr; height: 100%; border-left: solid $panel; }
    .narrow #panes { layout: vertical; }
    .narrow #detail { width: 100%; height: 1fr; border-left: none; }
    .filtering #footer { display: none; }
    """
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        engine_factory: Callable[[], EngineApi],
        settings: Settings,
        *,
        title: str = "",
        hint: str = "",
        memory: Memory | None = None,
    ) -> None:
        super().__init__(engine_factory, settings, title=title, hint=hint, memory=memory)
        self.animation_level = "none"
        # Whether the start has failed, and how many of the session's conditions were said.
        self.failed, self.said = False, 0
        self.settled = False
        self._follow_timer: Timer | None = None
        for theme in load_themes():
            self.register_theme(theme)
        self.remembered, self.memory_said = memory.load() if memory else (Remembered(), "")
        wanted = settings.theme or self.remembered.theme
        plain = self.console.color_system in ("standard", None)
        self.theme = named(wanted, self.available_themes) or (TERMINAL if plain else DEFAULT)
        self.actions = self.by_key()

    def compose(self) -> ComposeResult:
        yield Bar("header")
        with Container(id="panes"):
            yield Tree(drifted_first=self.settings.drifted_first)
            yield Detail()
        yield FilterLine()
        yield Bar("footer", separator="  ")

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, partial(self.exit, None, 128 + number))
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        self._recall()
        self._bar("header").set(
            [Item(printable(f"gitops-tui {self.head}".strip()), "bold text"), Item("starting…", "muted")]
        )
        self.show_footer()
        if self.settings.theme and named(self.settings.theme, self.available_themes) is None:
            self.say(f"there is no theme {self.settings.theme!r}", "warning")
        elif self.memory_said:
            self.say(self.memory_said, "warning")
        self.call_after_refresh(threading.Thread(target=self._begin, name="engine-start", daemon=True).start)

    def on_resize(self) -> None:
        self.screen_stack[0].set_class(self.size.width < 100, "narrow")
        self.set_share(self.share)

    def _bar(self, name: str) -> Bar:
        return self.screen_stack[0].query_one(f"#{name}", Bar)

    def _theme_changed(self, _: Theme) -> None:
        for pane in self.screen_stack[0].query(Lines):
            pane.repaint_all()
        for bar in self.screen_stack[0].query(Bar):
            bar.repaint_all()

    # --- between two runs ---------------------------------------------------------------------------------------

    def _recall(self) -> None:
        known = self.remembered
        tree, detail = self.tree_pane, self.detail
        tree.wanted = known.node
        tree.layout_rows.opened.said.update(known.opened)
        if known.filter:
            tree.layout_rows.set_filter(known.filter)
        detail.set_look(unified=known.unified, wrap=known.wrap)
        self.share = known.share if 0 < known.share < 100 else 45

    def remember(self) -> None:
        """Keeps what the next run should begin with; a disk that can't be written loses just that."""
        if self.memory is None or not self.screen_stack:
            return
        tree, look = self.tree_pane, self.detail.look
        kept = Remembered(
            theme=self.theme,
            share=self.share,
            unified=look.unified,
            wrap=look.wrap,
            node=tree.node or tree.wanted,
            opened=tree.layout_rows.opened.said,
            filter=tree.layout_rows.filter.text,
        )
        with contextlib.suppress(OSError):
            self.memory.save(kept)

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        self.remember()
        super().exit(result, return_code, message)

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
        # A Snapshot may come when the app is leaving and its screens are gone.
        if self.engine is None or not self.screen_stack:
            return
        snapshot = self.engine.snapshot
        started = [each for each in snapshot.conditions if each.where == "start"]
        if started and not snapshot.applications:
            if not self.failed:
                self.failed = True
                self._start_failed(GitOpsError(started[0].message, hint=started[0].hint))
            return
        fresh = snapshot.conditions[self.said :]
        if fresh:
            more = f" (and {len(fresh) - 1} more)" if len(fresh) > 1 else ""
            self.say(f"{fresh[-1].message}{more} · E shows all", fresh[-1].severity.value)
        self.said = len(snapshot.conditions)
        if not self.settled and not snapshot.starting and not any(a.loading for a in snapshot.applications.values()):
            # What was loaded stays: a full collection over 20,000 objects would hold a key up for a quarter second.
            self.settled = True
            gc.freeze()
        self.tree_pane.show(snapshot)
        read_only = snapshot.read_only or self.settings.read_only
        self._bar("header").set(header_items(snapshot, title=self.head, read_only=read_only))
        for screen in self.screen_stack[1:]:
            if isinstance(screen, Following):
                screen.follow(snapshot)

    # --- the panes ----------------------------------------------------------------------------------------------

    def on_tree_moved(self) -> None:
        # The first picture at once; afterwards the key is answered first, the right pane follows.
        if self._follow_timer is not None:
            self._follow_timer.stop()
        self._follow_timer = self.set_timer(_FOLLOW, self._follow)

    def _follow(self) -> None:
        self._follow_timer = None
        if self.engine and self.screen_stack:
            self.detail.show(self.tree_pane.snapshot, self.tree_pane.node)
            self.look_beneath()
            self.watch_usage()

    def show_footer(self) -> None:
        if not self.screen_stack:
            return
        if self.message is not None:
            text, severity = self.message
            items = [Item(text, _ROLES[severity], "errors" if severity == "error" else "")]
        elif self.hint:
            items = [Item(printable(self.hint), "text", "help")]
        else:
            keys = [key for key in self.table if key.hint]
            off = self.settings.read_only or (self.engine is not None and self.engine.snapshot.read_only)
            items = [
                Item(
                    f"{key.shown} {key.hint}",
                    "muted" if key.writes and off else "text",
                    key.action,
                    0 if key.action == "help" else 2 + at,
                )
                for at, key in enumerate(keys)
            ]
        self._bar("footer").set(items)

    # --- keys ---------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (action in self.actions.values() and len(self.screen_stack) > 1)
