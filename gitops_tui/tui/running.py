"""Runs what was typed behind `:`, or chosen in the palette."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from gitops_tui.model.keys import AppKey
from gitops_tui.model.revision import Commit
from gitops_tui.tui.commands import Command, parse
from gitops_tui.tui.layout import Node
from gitops_tui.tui.objectactions import ACTION_COMMANDS
from gitops_tui.tui.screens import AuditScreen, HistoryScreen, PauseScreen, RevertScreen, RollbackScreen
from gitops_tui.tui.screens.command import CommandScreen, Offer, PaletteScreen

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi
    from gitops_tui.tui.actions import Acting

_QUIET = frozenset(
    {"down", "up", "open", "right", "close", "page_down", "page_up", "top", "bottom", "palette", "command"}
)


def labels(engine: EngineApi | None) -> dict[str, AppKey]:
    """Names by which the applications can be called: the bare name where only one has it."""
    keys = list(engine.snapshot.applications) if engine else []
    names = Counter(key.name for key in keys)
    return {
        key.name
        if names[key.name] == 1
        else "/".join(part for part in (key.cluster, key.namespace, key.name) if part): key
        for key in keys
    }


def ask(app: Acting, value: str = "") -> None:
    """Opens the command line."""
    themes = [name for name in app.available_themes if name.startswith("gitops-")]

    def typed(line: str | None) -> None:
        if line is not None:
            run(app, line)

    app.push_screen(CommandScreen(sorted(labels(app.engine)), themes, value), typed)


def palette(app: Acting) -> None:
    """Opens the palette: every action of the key table, and every application."""
    known = labels(app.engine)

    def offers() -> list[Offer]:
        found = [Offer(f"key:{key.action}", key.what, key.shown) for key in app.table if key.action not in _QUIET]
        return found + [Offer(f"app:{label}", f"go to {label}", "application") for label in sorted(known)]

    def taken(name: str | None) -> None:
        kind, _, what = (name or "").partition(":")
        if kind == "app" and what in known:
            app.select(Node(known[what]))
        elif kind == "key":
            app.call_later(app.run_action, f"go_{what}" if what == "open" else what)

    app.push_screen(PaletteScreen(offers), taken)


def run(app: Acting, line: str) -> None:
    """Does what a line says; what is wrong with it is said."""
    found = parse(line)
    if found.command is None or found.problem:
        app.say(found.problem, "error")
        return
    command, given = found.command, found.arguments
    plain: dict[str, Callable[[], object]] = {
        "pause-all": lambda: _pause_all(app, given[0] if given else ""),
        "sync-many": lambda: _sync_many(app, given[0] if given else ""),
        "audit": lambda: _audit(app, given[0] if given else ""),
        "windows": lambda: app.windows_dialog(given[0] if given else ""),
        "yaml": app.action_yaml,
        "why": app.action_why,
        "events": app.action_events,
        "orphaned": app.action_orphaned,
        "links": app.action_links,
        "logs": lambda: app.logs(given[0] if given else ""),
        "exec": lambda: app.exec_in_pod(given[0] if given else ""),
        "forward": lambda: app.forward_port(given[0]),
        "actions": app.action_actions,
        "copy": app.action_copy,
        "errors": app.action_errors,
        "ignore": lambda: app.call_later(app.run_action, "ignore"),
        "three-way": lambda: app.call_later(app.run_action, "three_way"),
        "quit": app.action_leave,
        "help": lambda: app.call_later(app.run_action, "help"),
        "filter": lambda: app.set_filter(given[0] if given else ""),
        "theme": lambda: _theme(app, given[0] if given else ""),
    }
    if command.name in ACTION_COMMANDS:
        app.object_action(ACTION_COMMANDS[command.name], given[0] if given else "")
        return
    if command.name in plain:
        plain[command.name]()
        return
    target = _target(app, command, given)
    if target is not None:
        _on_app(app, command, *target, given[1:])


def _theme(app: Acting, name: str) -> None:
    if not name:
        app.call_later(app.run_action, "theme")
        return
    wanted = next((each for each in (f"gitops-{name}", name) if each in app.available_themes), None)
    if wanted:
        app.theme = wanted
    else:
        known = ", ".join(sorted(n.removeprefix("gitops-") for n in app.available_themes if n.startswith("gitops-")))
        app.say(f"there is no theme {name!r}: there are {known}", "error")


def _target(app: Acting, command: Command, given: tuple[str, ...]) -> tuple[EngineApi, AppKey] | None:
    """The application that a command names, or the selected one."""
    if not given:
        return app.chosen(writes=command.writes)
    if app.engine is None:
        app.say("nothing is loaded yet", "warning")
        return None
    if command.writes and (app.settings.read_only or app.engine.snapshot.read_only):
        app.say(f"read-only: {command.name} is off", "warning")
        return None
    known = labels(app.engine)
    key = known.get(given[0]) or next((each for each in known.values() if str(each) == given[0]), None)
    if key is None:
        near = [name for name in known if given[0].lower() in name.lower()] or list(known)
        app.say(f"there is no application {given[0]!r}: there are {', '.join(sorted(near)[:6])}", "error")
        return None
    return app.engine, key


def _on_app(app: Acting, command: Command, engine: EngineApi, key: AppKey, more: tuple[str, ...]) -> None:
    if command.name == "go":
        app.select(Node(key))
    elif command.name == "sync":
        app.sync_dialog(engine, key)
    elif command.name == "history":
        app.push_screen(HistoryScreen(engine, key))
    elif command.name == "delete":
        app.delete_dialog(engine, key)
    elif command.name == "undo":
        app.undo_dialog(engine, key)
    elif command.name == "rollback" and more[0] == "last-healthy":
        app.last_healthy_dialog(engine, key)
    elif command.name == "unpin":
        app.unpin_dialog(engine, key)
    elif command.name == "refresh":
        app.refresh_app(engine, key)
    elif command.name == "resume":
        app.wait(engine.resume(key), lambda _: app.say(f"{key} resumed"))
    elif command.name == "pause":
        _pause(app, engine, key, more)
    elif command.name in ("rollback", "revert"):
        dialog = RollbackScreen if command.name == "rollback" else RevertScreen

        def resolved(commit: Commit) -> None:
            app.push_screen(dialog(engine, key, commit))

        app.wait(engine.resolve(key, more[0]), resolved)


def _pause(app: Acting, engine: EngineApi, key: AppKey, more: tuple[str, ...]) -> None:
    if more:
        app.pause_now(engine, key, more)
    else:
        app.push_screen(PauseScreen(engine, (key,)))


def _pause_all(app: Acting, selector: str) -> None:
    if found := app.chosen(writes=True):
        app.pause_labelled(found[0], found[1].cluster, selector)


def _sync_many(app: Acting, selector: str) -> None:
    if found := app.chosen(writes=True):
        app.sync_many_dialog(found[0], selector)


def _audit(app: Acting, name: str) -> None:
    if app.engine is None:
        app.say("nothing is loaded yet", "warning")
        return
    key = labels(app.engine).get(name)
    app.push_screen(AuditScreen(app.engine, str(key) if key else name))
