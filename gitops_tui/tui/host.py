"""What every part of the app stands on: the engine, the panes, answers from other threads. The actions are mixed in
above it (`moves`, `acts`), the screen is composed in `app`."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Literal

from textual.app import App
from textual.driver import Driver
from textual.message import Message

from gitops_tui.model.keys import AppKey
from gitops_tui.model.text import printable
from gitops_tui.settings import Settings
from gitops_tui.tui.detail import Detail
from gitops_tui.tui.keymap import Key, bound
from gitops_tui.tui.layout import Node
from gitops_tui.tui.remember import Memory
from gitops_tui.tui.screens.holding import HoldsKeys
from gitops_tui.tui.tree import Tree

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

Severity = Literal["information", "warning", "error"]


def driver() -> type[Driver] | None:
    """The driver that sends less, where Textual would take the one it builds on."""
    if sys.platform == "win32" or os.environ.get("TEXTUAL_DRIVER"):
        return None
    from gitops_tui.tui.terminal import Driver as Ours

    return Ours


class Host(App[int]):
    """The app without its screen and its actions."""

    class Came(Message):
        """Something from another thread, to be called here."""

        def __init__(self, call: Callable[[], None]) -> None:
            super().__init__()
            self.call = call

    def __init__(
        self,
        engine_factory: Callable[[], EngineApi],
        settings: Settings,
        *,
        title: str = "",
        hint: str = "",
        memory: Memory | None = None,
    ) -> None:
        # Without colours the theme's are left out altogether, not turned into greys.
        super().__init__(driver_class=driver(), ansi_color=True if "NO_COLOR" in os.environ else None)
        self.factory, self.settings, self.head, self.hint = engine_factory, settings, title, hint
        self.memory = memory
        # Which pane the arrows move in, and how much of the screen is the tree's (percent).
        self.on_detail, self.share = False, 45
        self.message: tuple[str, Severity] | None = None
        self.actions: dict[str, str] = {}
        self.engine: EngineApi | None = None
        self.table: tuple[Key, ...] = bound(settings.keys)
        self.waiting_snapshot = threading.Event()
        self.end: Callable[[], None] | None = None

    @property
    def tree_pane(self) -> Tree:
        return self.screen_stack[0].query_one(Tree)

    @property
    def detail(self) -> Detail:
        return self.screen_stack[0].query_one(Detail)

    async def give_held(self, screen: HoldsKeys) -> None:
        """What was typed before a screen was there, in its order."""
        held, screen.held, screen.open = screen.held, [], True
        for event in held:
            await self.on_event(event)

    def on_host_came(self, message: Came) -> None:
        message.call()

    def wait(
        self, future: Future[Any], done: Callable[[Any], None], failed: Callable[[BaseException], None] | None = None
    ) -> None:
        """Calls one of the two here when the future is done; an error is shown where `failed` is not given."""

        def answer() -> None:
            error = future.exception()
            if error is None:
                done(future.result())
            elif failed:
                failed(error)
            else:
                self.show_error(error)

        future.add_done_callback(lambda _: self.post_message(self.Came(answer)))

    def show_error(self, error: BaseException) -> None:
        """An error that stays until dismissed."""
        from gitops_tui.tui.screens import Reader

        self.push_screen(Reader(f"{error}\n\nesc close"))

    def say(self, text: str, severity: Severity = "information") -> None:
        """One line on what was done or why not, in the footer until the next key."""
        self.message = (printable(text), severity)
        self.show_footer()

    def show_footer(self) -> None:
        """Keys, or what was said last."""

    def set_share(self, share: int) -> None:
        """How much of the screen is the tree's, in percent; 0 and 100 hide a pane."""
        self.share = share
        tree, detail = self.tree_pane, self.detail
        tree.display, detail.display = share > 0, share < 100
        narrow = self.screen_stack[0].has_class("narrow")
        tree.styles.width = "100%" if narrow or share == 100 else f"{share}%"
        tree.styles.height = f"{share}%" if narrow and share < 100 else "100%"

    def chosen(self, *, writes: bool) -> tuple[EngineApi, AppKey] | None:
        """The engine and the selected application; says why where there is none, or nothing may be changed."""
        node = self.tree_pane.node
        if self.engine is None or node is None:
            self.say("nothing is loaded yet", "warning")
            return None
        if writes and (self.settings.read_only or self.engine.snapshot.read_only):
            self.say("read-only: nothing is changed from here", "warning")
            return None
        return self.engine, node.app

    def copy(self, text: str, what: str) -> None:
        """Copies a text through the terminal; says what was copied, or where it was saved instead."""
        import os

        from gitops_tui.tui.clipboard import osc52, save

        made = osc52(text, os.environ)
        if made is not None and self._driver is not None:
            self._clipboard = text
            self._driver.write(made)
            self._driver.flush()
            self.say(f"copied: {what}")
            return
        try:
            path = save(text, what, self.settings.state_folder / "copies")
        except OSError as error:
            self.say(f"too large for the clipboard, and not saved: {error}", "error")
            return
        self.say(f"too large for the clipboard: saved to {path}")

    def select(self, node: Node) -> bool:
        """Puts the cursor on that node, opening what it is in; False where it is not there."""
        return self.tree_pane.select(node)

    def set_filter(self, text: str) -> None:
        """As if typed after `/`."""
        self.tree_pane.set_filter(text)

    def stop_engine(self) -> None:
        if self.end:
            self.end()
            self.end = None
        if self.engine:
            self.engine.stop()
            self.engine = None
