"""What keys do: each action opens a dialog or asks the engine. The app inherits these; nothing here draws."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ResourceState, Snapshot
from gitops_tui.model.sync import OperationPhase, SyncOptions
from gitops_tui.tui import taking
from gitops_tui.tui.handing import Handing
from gitops_tui.tui.host import Host
from gitops_tui.tui.inspecting import Inspecting
from gitops_tui.tui.layout import Node
from gitops_tui.tui.screens import (
    BlameScreen,
    Choice,
    Confirm,
    ErrorsScreen,
    HistoryScreen,
    ManifestScreen,
    PauseScreen,
    QuickSync,
    SyncScreen,
    UnpinScreen,
)
from gitops_tui.tui.steering import Steering
from gitops_tui.tui.syncmany import SyncingMany
from gitops_tui.tui.words import plural

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class Acting(Inspecting, Handing, Steering, SyncingMany):
    """Every action that opens a dialog or asks the engine."""

    # What the last sync of each application was asked to do, for `S`.
    _last: dict[AppKey, SyncOptions]

    @property
    def last_options(self) -> dict[AppKey, SyncOptions]:
        if "_last" not in self.__dict__:
            self._last = {}
        return self._last

    def _remember(self, app: AppKey, options: SyncOptions) -> None:
        self.last_options[app] = options

    # --- syncing ----------------------------------------------------------------------------------------------------

    def _only(self, app: AppKey) -> frozenset[ResourceKey] | None:
        """What a selective sync would be about: the marked resources of the application, or the one selected."""
        marked = frozenset(key for owner, key in self.tree_pane.marked if owner == app)
        node = self.tree_pane.node
        return marked or (frozenset({node.key}) if node and node.key else None)

    def sync_dialog(self, engine: EngineApi, app: AppKey, options: SyncOptions | None = None) -> None:
        """The plan of one application, or its run where one is under way."""
        only = self._only(app)
        marked = any(owner == app for owner, _ in self.tree_pane.marked)
        asked = options or SyncOptions(only=only if marked else None)
        self.push_screen(SyncScreen(engine, app, asked, only, self._remember))

    def action_sync(self) -> None:
        if found := self.chosen(writes=True):
            self.sync_dialog(*found)

    def action_sync_at_once(self) -> None:
        if not (found := self.chosen(writes=True)):
            return
        engine, app = found
        state = engine.snapshot.applications.get(app)
        if state and state.operation and state.operation.phase is OperationPhase.RUNNING:
            self.sync_dialog(engine, app)
            return

        def chosen(options: SyncOptions | None) -> None:
            if options is not None:
                self.sync_dialog(engine, app, options)

        self.push_screen(QuickSync(engine, app, self.last_options.get(app, SyncOptions())), chosen)

    def action_mark(self) -> None:
        node = self.tree_pane.node
        if node is not None and not node.kind and node.key is None:
            self.mark_app(node.app)
            return
        if node is None or node.key is None or node.uid:
            self.say("resources are marked, for a sync of just those, or applications, for a sync of many", "warning")
            return
        self.tree_pane.marked ^= {(node.app, node.key)}
        number = sum(owner == node.app for owner, _ in self.tree_pane.marked)
        self.tree_pane.paint()
        self.tree_pane.move(1)
        self.say(f"{plural(number, 'resource')} of {node.app} marked" + (": s syncs just those" if number else ""))

    # --- pausing, history -------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        if found := self.chosen(writes=True):
            self.push_screen(PauseScreen(found[0], (found[1],)))

    def action_pause_all(self) -> None:
        if found := self.chosen(writes=True):
            self.pause_labelled(found[0], found[1].cluster, "")

    def action_history(self) -> None:
        if found := self.chosen(writes=False):
            self.push_screen(HistoryScreen(*found))

    def action_rollback(self) -> None:
        if found := self.chosen(writes=True):
            self.push_screen(HistoryScreen(*found))
            self.say("choose a commit, then R")

    def action_unpin(self) -> None:
        if found := self.chosen(writes=True):
            self.unpin_dialog(*found)

    def unpin_dialog(self, engine: EngineApi, app: AppKey) -> None:
        state = engine.snapshot.applications.get(app)
        if state is None or state.record.pin is None:
            self.say(f"{app} is not pinned")
        elif state.target is None:
            self.say(f"the branch of {app} can't be read now: E says why", "warning")
        else:
            self.push_screen(UnpinScreen(engine, app, state.target))

    # --- looking ----------------------------------------------------------------------------------------------------

    def action_errors(self) -> None:
        def chosen(app: AppKey | None) -> None:
            if app is not None:
                self.select(Node(app))

        self.push_screen(ErrorsScreen(self.engine), chosen)

    def selected_resource(self) -> tuple[EngineApi, AppKey, ResourceState] | None:
        """The selected resource; says why where there is none."""
        if not (found := self.chosen(writes=False)):
            return None
        engine, app = found
        node = self.tree_pane.node
        state = engine.snapshot.applications.get(app)
        resource = state.resources.get(node.key) if state and node and node.key else None
        if resource is None or node is None or node.uid:
            self.say("choose a resource of an application first", "warning")
            return None
        return engine, app, resource

    def action_blame(self) -> None:
        if found := self.selected_resource():
            engine, app, resource = found
            self.push_screen(BlameScreen(engine, app, resource.key))

    def action_yaml(self) -> None:
        if found := self.selected_resource():
            engine, app, resource = found
            self.push_screen(ManifestScreen(engine, app, resource.key))

    def action_refresh(self, hard: bool = False) -> None:
        if found := self.chosen(writes=False):
            self.refresh_app(*found, hard=hard)

    def refresh_app(self, engine: EngineApi, app: AppKey, *, hard: bool = False) -> None:
        self.say(f"{app}: looking at Git and the cluster{' from scratch' if hard else ''}…")
        self.wait(engine.refresh(app, hard=hard), lambda _: self.say(f"{app}: looked"))

    def action_hard_refresh(self) -> None:
        self.action_refresh(True)

    # --- taking away ------------------------------------------------------------------------------------------------

    def action_copy(self) -> None:
        self._menu("Copy", taking.copies, lambda text, item: self.copy(text, item.what))

    def action_outside(self) -> None:
        self._menu("Open", taking.openings, taking.opened(self))

    def _menu(
        self,
        title: str,
        offered: Callable[[Host, EngineApi, Node], list[taking.Taking]],
        use: Callable[[str, taking.Taking], None],
    ) -> None:
        node = self.tree_pane.node
        if self.engine is None or node is None:
            self.say("nothing is selected", "warning")
            return
        items = offered(self, self.engine, node)
        if not items:
            self.say("there is nothing to take here", "warning")
            return

        def chosen(name: str | None) -> None:
            item = next((each for each in items if each.item.name == name), None)
            if item is not None:
                # Large objects take a moment: not on the screen's thread.
                self.run_worker(partial(self._take, item, use), exclusive=True, group="taking")  # type: ignore[arg-type]

        self.push_screen(Choice(title, [each.item for each in items]), chosen)

    async def _take(self, item: taking.Taking, use: Callable[[str, taking.Taking], None]) -> None:
        import asyncio

        text = await asyncio.to_thread(item.make)
        use(text, item)

    # --- commands ---------------------------------------------------------------------------------------------------

    def action_command(self) -> None:
        from gitops_tui.tui import running

        running.ask(self)

    def action_palette(self) -> None:
        from gitops_tui.tui import running

        running.palette(self)

    # --- leaving ----------------------------------------------------------------------------------------------------

    def under_way(self) -> list[str]:
        snapshot = self.engine.snapshot if self.engine else Snapshot()
        said = []
        for key, state in snapshot.applications.items():
            operation = state.operation
            if operation is not None and operation.phase is OperationPhase.RUNNING and not operation.elsewhere:
                over = sum(each.status.value in ("done", "failed") for each in operation.results)
                doing = f": {operation.doing}" if operation.doing else ""
                said.append(f"{key} on {key.cluster}, {over} of {len(operation.results)} done{doing}")
        return said

    def may_leave(self) -> bool:
        """Whether the program may end now. Where something runs, asks, and ends it itself on yes."""
        if isinstance(self.screen, Confirm) and self.screen.heading.startswith("Leave"):
            return True  # asked for a second time: it is meant
        running = self.under_way()
        if not running:
            return True
        lines = [
            "This runs:",
            *running,
            "",
            "Leaving lets the objects under way finish and stops there. The next sync to",
        ]
        lines += ["that commit goes on with it, by itself where automatic sync is on."]
        confirm = Confirm(f"Leave while {plural(len(running), 'sync')} runs?", lines, "stop it and leave", "stay")
        self.push_screen(confirm, self._answered)
        return False

    def _answered(self, yes: bool | None) -> None:
        if yes:
            self.exit(return_code=0)

    def action_leave(self) -> None:
        if self.may_leave():
            self.exit(return_code=0)

    async def action_quit(self) -> None:
        self.action_leave()

    def action_help_quit(self) -> None:
        """`ctrl+c`: as `q`, from anywhere."""
        self.action_leave()
