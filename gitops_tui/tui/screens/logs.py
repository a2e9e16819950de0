"""Logs, live: of all pods of what is selected at once, each with its colour and name.

Lines come on the engine's thread, are taken by the screen at most twenty times a second, and cost nothing while none come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.timer import Timer
from textual.widgets import Input

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.logs import ALL_CONTAINERS, LogFeed, LogOptions, LogPod
from gitops_tui.model.text import printable
from gitops_tui.tui.logbuffer import LogBuffer
from gitops_tui.tui.logpane import LogPane
from gitops_tui.tui.screens.ask import Ask, TextBox
from gitops_tui.tui.screens.choice import Choice, Item
from gitops_tui.tui.screens.dialog import Asking
from gitops_tui.tui.screens.hints import Hint, Hints
from gitops_tui.tui.screens.logwords import SINCE, TAIL, facts, save
from gitops_tui.tui.screens.rows import Rows, row
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi

_BEAT = 0.05


class LogScreen(Asking[None]):
    """`container`, `previous` as in LogOptions, to begin with."""

    DEFAULT_CSS = """
    LogScreen { layout: vertical; background: $background; }
    LogScreen #head { height: 2; background: $panel; }
    LogScreen TextBox { display: none; }
    """
    BINDINGS = [
        Binding("escape", "back", show=False),
        Binding("q,L", "leave", show=False),
        Binding("f", "follow", show=False),
        # With priority, so that letters typed right behind it go into the box and are not taken for keys.
        Binding("slash", "type('search')", show=False, priority=True),
        Binding("ampersand", "type('filter')", show=False, priority=True),
        Binding("n", "hit(1)", show=False),
        Binding("N", "hit(-1)", show=False),
        Binding("c", "container", show=False),
        Binding("p", "previous", show=False),
        Binding("s", "since", show=False),
        Binding("t", "look('times')", show=False),
        Binding("w", "look('wrap')", show=False),
        Binding("J", "look('json')", show=False),
        Binding("x", "clear", show=False),
        Binding("S,ctrl+s", "save", show=False),
        Binding("r", "again", show=False),
    ]

    def __init__(
        self,
        engine: EngineApi,
        app_key: AppKey,
        key: ResourceKey | None,
        uid: str = "",
        *,
        name: str = "",
        container: str = "",
        previous: bool = False,
    ) -> None:
        super().__init__()
        self.engine, self.app_key, self.key, self.uid = engine, app_key, key, uid
        self.called = name or (f"{key.kind} {key.name}" if key else f"application {app_key.name}")
        self.options = LogOptions(container, previous, tail=TAIL, follow=not previous)
        self.since = SINCE[0][1]
        self.buffer = LogBuffer(engine.settings.log_lines)
        self.feed = LogFeed()
        self.said = ""
        self._stop: Callable[[], None] = lambda: None
        self._timer: Timer | None = None
        self._typing = ""

    def compose(self) -> ComposeResult:
        yield Rows("head", reads=True)
        yield LogPane(self.buffer, self.feed)
        yield TextBox(id="box", select_on_focus=False)
        yield Hints("keys")

    @property
    def pane(self) -> LogPane:
        return self.query_one(LogPane)

    @property
    def box(self) -> TextBox:
        return self.query_one("#box", TextBox)

    @property
    def text(self) -> str:
        """All that the screen says, as plain text."""
        head = self.query_one("#head", Rows)
        return "\n".join([*("".join(text for text, _ in each.pieces) for each in head.rows), self.pane.text])

    def on_mount(self) -> None:
        head = self.query_one("#head", Rows)
        head.can_focus, head.ground = False, "bar"
        self.pane.focus()
        self._begin()

    def on_unmount(self) -> None:
        self._stop()

    def on_resize(self) -> None:
        self._header()

    # --- lines come -------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Reads anew."""
        self._stop()
        self.buffer.clear()
        feed = LogFeed(room=max(2_000, min(20_000, self.buffer.limit)))
        self.feed = self.pane.feed = feed
        self.pane._labels.clear()
        self.pane.following, self.pane.hit = True, -1
        self.pane.empty = "reading… no line has come yet"
        host = self.host

        def news() -> None:
            host.post_message(host.Came(lambda: self._news(feed)))

        feed.on_news = news
        self._stop = self.engine.logs(self.app_key, self.key, self.options, feed, self.uid)
        self._header()
        self.pane.paint()

    def _news(self, feed: LogFeed) -> None:
        if feed is self.feed and self.is_attached and self._timer is None:
            self._timer = self.set_timer(_BEAT, self._take)

    def _take(self) -> None:
        self._timer = None
        if not self.is_mounted:
            return
        over = self.feed.over
        self.buffer.add(self.feed.take())
        if over and not self.buffer.lines:
            self.pane.empty = "there is nothing in it"
        elif self.buffer.lines:
            self.pane.empty = f"no line has {printable(self.buffer.filter)!r}"
        self._header()
        self.pane.paint()

    # --- the head ---------------------------------------------------------------------------------------------------

    def _header(self) -> None:
        if not self.is_mounted:
            return
        where = f"{self.key.namespace} · " if self.key and self.key.namespace else ""
        said = facts(
            self.options, self.buffer, self.feed.sources, self.since, self.pane.hit, follows=self.pane.following
        )
        head = self.query_one("#head", Rows)
        title = printable(self.called)
        head.fill(
            [
                row((" Logs of ", "muted"), (title, "head bold"), (f" · {printable(where + self.app_key.cluster)}", "text")),
                row((f" {' · '.join(said)}", "text"), (f"  {printable(self.said)}" if self.said else "", "warn")),
            ]
        )  # fmt: skip
        keys = self.query_one("#keys", Hints)
        keys.styles.height = keys.lay(self._hints(), max(20, self.app.size.width - 1))
        keys.paint()

    def _hints(self) -> list[Hint]:
        if self._typing:
            more = "!text: lines without it" if self._typing == "filter" else "small letters find both cases"
            return [Hint("enter", f"keeps the {self._typing}"), Hint("esc", "ends it"), Hint("", more)]
        look = self.pane.look

        def switch(on: bool, words: str) -> str:
            return f"[{words}]" if on else words

        return [
            Hint("f", switch(self.pane.following, "follow"), "screen.follow"),
            Hint("/", "search", "screen.type('search')"),
            Hint("n N", "hits", "screen.hit(1)", "" if self.buffer.search else "nothing is searched for"),
            Hint("&", "filter", "screen.type('filter')"),
            Hint("c", "container", "screen.container"),
            Hint("p", switch(self.options.previous, "previous"), "screen.previous"),
            Hint("s", "since", "screen.since"),
            Hint("t", switch(look.times, "times"), "screen.look('times')"),
            Hint("w", switch(look.wrap, "wrap"), "screen.look('wrap')"),
            Hint("J", switch(look.json, "JSON readable"), "screen.look('json')"),
            Hint("S", "save", "screen.save"),
            Hint("x", "clear", "screen.clear"),
            Hint("esc", "leave", "screen.back"),
        ]

    # --- keys -------------------------------------------------------------------------------------------------------

    def on_key(self) -> None:
        if self.said:
            self.said = ""
            self.call_later(self._header)
        elif not self._typing:
            self.call_later(self._header)

    def action_follow(self) -> None:
        self.pane.following = not self.pane.following
        self.pane.paint()
        self._header()

    def action_look(self, what: str) -> None:
        look = self.pane.look
        self.pane.look = look._replace(left=0, **{what: not getattr(look, what)})
        self.pane.paint()
        self._header()

    def action_hit(self, step: int) -> None:
        if not self.buffer.search:
            self.said = "/ searches"
        elif (found := self.buffer.next_hit(self.pane.here, step)) is None:
            self.said = "nothing found"
        else:
            self.pane.go(found)
        self._header()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (action == "type" and self._typing)

    def action_type(self, what: str) -> None:
        self._typing = what
        box = self.box
        box.display = True
        box.placeholder = "search" if what == "search" else "show only lines with"
        box.value = getattr(self.buffer, what)
        self.set_focus(box)
        self._header()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._typing:
            self._set(self._typing, event.value)

    def _set(self, what: str, text: str) -> None:
        if what == "filter":
            self.buffer.set_filter(text)
            self.pane.hit = -1
            self.pane.following = True
        else:
            self.buffer.set_search(text)
            found = self.buffer.next_hit(self.buffer.end, -1)
            if found is not None:
                self.pane.go(found)
            else:
                self.pane.hit = -1
        self.pane.empty = f"no line has {printable(text)!r}" if text else ""
        self.pane.paint()
        self._header()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._typed()

    def _typed(self) -> None:
        self._typing = ""
        self.box.display = False
        self.pane.focus()
        self._header()

    def action_clear(self) -> None:
        self.buffer.clear()
        self.pane.following, self.pane.empty = True, "cleared; new lines come here"
        self.pane.paint()
        self._header()

    def action_again(self) -> None:
        self._begin()

    def action_previous(self) -> None:
        previous = not self.options.previous
        self._with(previous=previous, follow=not previous)

    def _with(self, **changes: object) -> None:
        from gitops_tui.records import replace

        self.options = replace(self.options, **changes)  # type: ignore[arg-type]
        self._begin()

    def action_since(self) -> None:
        def chosen(name: str | None) -> None:
            found = next((each for each in SINCE if each[1] == name), None)
            if found is not None:
                self.since = found[1]
                self._with(since=found[2].since, tail=found[2].tail)

        self.app.push_screen(Choice("Logs of", [Item(key, what, "", what) for key, what, _ in SINCE]), chosen)

    def action_container(self) -> None:
        self.ask(self.engine.log_pods(self.app_key, self.key, self.uid), self._choose, self._failed)

    def _failed(self, error: BaseException) -> None:
        self.said = str(error)
        self._header()

    def _choose(self, pods: Sequence[LogPod]) -> None:
        names: dict[str, list[str]] = {}
        for pod in pods:
            for each in pod.containers:
                names.setdefault(each.name, []).append(f"{each.kind}{f', {each.state}' if each.state else ''}")
        if not names:
            self.said = "there is no pod"
            self._header()
            return
        items = [Item("d", "the default one of each pod", "and init containers that run or fail", "")]
        items.append(Item("*", "all containers", plural(len(names), "container"), ALL_CONTAINERS))
        for number, (name, told) in enumerate(names.items(), 1):
            states = ", ".join(f"{told.count(each)}× {each}" if len(told) > 1 else each for each in dict.fromkeys(told))
            items.append(Item(str(number) if number < 10 else "", printable(name), printable(states), name))

        def chosen(name: str | None) -> None:
            if name is not None:
                self._with(container=name)

        self.app.push_screen(Choice("Container", items), chosen)

    # --- saving -----------------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        name = self.called.replace(" ", "-").replace("/", "-").lower()
        value = f"{name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}.log"
        question = f"Save {plural(len(self.buffer.view), 'line')} as shown, with times, to a new file"

        def chosen(path: str | None) -> None:
            if path and path.strip():
                self.later(lambda: self._save(Path(path.strip()).expanduser()), "saving")

        self.app.push_screen(Ask(question, value), chosen)

    async def _save(self, path: Path) -> None:
        lines, sources, json = list(self.buffer.view), list(self.feed.sources), self.pane.look.json
        try:
            await asyncio.to_thread(save, path, lines, sources, json=json)
        except FileExistsError:
            self.said = f"{path} is there already: nothing was saved"
        except OSError as error:
            self.said = f"not saved: {error.strerror or error}: {path}"
        else:
            self.said = f"saved {plural(len(lines), 'line')} to {path}"
        self._header()

    def action_back(self) -> None:
        if self._typing:
            self.box.value = ""
            self._set(self._typing, "")
            self._typed()
        elif self.buffer.search:
            self._set("search", "")
        elif self.buffer.filter:
            self._set("filter", "")
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        self.dismiss(None)
