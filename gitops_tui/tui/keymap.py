"""The one table of keys: the app binds from it, `?` shows it, the README's table is printed from it
(`python -m gitops_tui.tui.keymap`). Only keys that work are listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gitops_tui.errors import ConfigError

MOVE, PANE, APP, ALL = "Move", "Right pane", "Application", "Everything"
GROUPS = (MOVE, PANE, APP, ALL)


class Key(NamedTuple):
    """action: the app's action; keys: Textual's names, separated by commas; shown: as a person reads them; hint: its
    word in the footer, "" where it has no place there."""

    action: str
    keys: str
    shown: str
    what: str
    group: str = ALL
    writes: bool = False
    hint: str = ""


KEYMAP: tuple[Key, ...] = (
    Key("down", "down,j", "↓ j", "down (in the pane that has the focus)", MOVE),
    Key("up", "up,k", "↑ k", "up", MOVE),
    Key("open", "enter", "enter", "open or close; on a leaf, go to the right pane", MOVE),
    Key("right", "right,l", "→ l", "open; in the right pane, scroll sideways", MOVE),
    Key("close", "left", "←", "close, or go to the parent; in the right pane, scroll sideways", MOVE),
    Key("step_back", "escape", "esc", "back: to the tree, then out of the filter", MOVE),
    Key("next_pane", "tab,shift+tab", "tab", "the other pane", MOVE),
    Key("top", "home,g", "g", "top", MOVE),
    Key("bottom", "end,G", "G", "bottom", MOVE),
    Key("page_down", "pagedown", "PgDn", "page down", MOVE),
    Key("page_up", "pageup", "PgUp", "page up", MOVE),
    Key("next_drift", "right_square_bracket", "]", "next drifted resource, wherever it is", MOVE, hint="drift"),
    Key("previous_drift", "left_square_bracket", "[", "previous drifted resource", MOVE),
    Key("filter", "slash", "/", "filter: text kind: ns: status: health: moved: app:", MOVE, hint="filter"),
    Key("next_change", "n", "n", "next change in the diff", PANE),
    Key("previous_change", "N", "N", "previous change in the diff", PANE),
    Key("unified", "u", "u", "side by side or unified", PANE),
    Key("three_way", "3", "3", "three-way: the last sync, Git now, the cluster", PANE),
    Key("ignore", "i", "i", "make an ignore rule of this difference (shows what it hides first)", PANE),
    Key("hidden", "I", "I", "show, dimmed, or leave out what ignore rules hide", PANE),
    Key("wrap", "w", "w", "wrap long lines", PANE),
    Key("more_context", "right_curly_bracket", "}", "more lines around changes", PANE),
    Key("less_context", "left_curly_bracket", "{", "fewer lines around changes", PANE),
    Key("detail_down", "ctrl+f", "ctrl+f", "scroll the right pane down", PANE),
    Key("detail_up", "ctrl+b", "ctrl+b", "scroll the right pane up", PANE),
    Key("larger", "plus,equals_sign", "+", "enlarge this pane", PANE),
    Key("smaller", "minus,underscore", "_", "make this pane smaller", PANE),
    Key("sync", "s", "s", "sync: shows the plan, then asks", APP, True, "sync"),
    Key("sync_at_once", "S", "S", "sync at once with the last options (asks one key)", APP, True),
    Key("sync_many", "M", "M", "sync many: the marked applications, or all that are OutOfSync", APP, True),
    Key("mark", "space", "space", "mark several resources, or applications, for a sync of just those", APP),
    Key("pause", "p", "p", "pause or resume automatic sync", APP, True, "pause"),
    Key("pause_all", "P", "P", "pause or resume all applications of the cluster", APP, True),
    Key("history", "h", "h", "history, and roll back from there", APP, hint="history"),
    Key("rollback", "R", "R", "roll back: choose a commit, see what changes, pin", APP, True, "roll back"),
    Key("unpin", "U", "U", "unpin", APP, True),
    Key("undo", "z", "z", "undo the last sync: a plan back to the commit before it", APP, True),
    Key("delete", "D", "D", "delete the application: what goes and what stays first, then its name", APP, True),
    Key("refresh", "r", "r", "refresh", APP, hint="refresh"),
    Key("hard_refresh", "ctrl+r", "ctrl+r", "hard refresh", APP),
    Key("blame", "b", "b", "who set each differing field, in Git and in the cluster"),
    Key("why", "W", "W", "why it is not healthy: causes, the weightiest first, and the log's last lines"),
    Key("events", "e", "e", "events of the selection and what it owns, live"),
    Key("links", "K", "K", "links: hosts, load balancers, link annotations, to copy"),
    Key("yaml", "y", "y", "YAML, as Git or the cluster has it"),
    Key("copy", "c", "c", "copy: name, path, value, YAML, difference, SHA, kubectl command"),
    Key("actions", "a", "a", "actions on an object: restart, scale, suspend, run now, delete, …", writes=True),
    Key("logs", "L", "L", "logs, live: of all pods of what is selected"),
    Key("outside", "o", "o", "open in $PAGER or $EDITOR"),
    Key("command", "colon", ":", "command line: :sync :pause :rollback …", hint="command"),
    Key("palette", "ctrl+p", "ctrl+p", "palette: find an action or an application by a word"),
    Key("audit", "A", "A", "audit: what was done, by whom"),
    Key("errors", "E", "E", "all errors and warnings"),
    Key("theme", "t", "t", "next theme"),
    Key("help", "question_mark", "?", "help", hint="help"),
    Key("leave", "q", "q", "quit", hint="quit"),
)


def bound(overrides: Mapping[str, str]) -> tuple[Key, ...]:
    """The table with the user's keys over it. Raises ConfigError for an unknown action or a key used twice."""
    known = {key.action for key in KEYMAP}
    for action in overrides:
        if action not in known:
            raise ConfigError(f"settings, keys: unknown action {action!r}", hint=f"known: {', '.join(sorted(known))}")
    table = tuple(
        key._replace(keys=_keys(key.action, overrides[key.action]), shown=overrides[key.action].replace(",", " "))
        if key.action in overrides
        else key
        for key in KEYMAP
    )
    used: dict[str, str] = {}
    for key in table:
        for name in key.keys.split(","):
            if used.setdefault(name, key.action) != key.action:
                raise ConfigError(
                    f"settings, keys: {name!r} means both {used[name]} and {key.action}",
                    hint="give one of them another key",
                )
    return table


# What people write for keys that Textual calls by name.
_NAMES = {
    " ": "space",
    "/": "slash",
    "?": "question_mark",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "{": "left_curly_bracket",
    "}": "right_curly_bracket",
    ":": "colon",
    ";": "semicolon",
    "+": "plus",
    "-": "minus",
    "_": "underscore",
    "=": "equals_sign",
    "@": "at",
    "#": "number_sign",
    "!": "exclamation_mark",
    "*": "asterisk",
    ".": "full_stop",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    "|": "vertical_line",
    "~": "tilde",
    "esc": "escape",
    "PgDn": "pagedown",
    "PgUp": "pageup",
    "return": "enter",
}


def _keys(action: str, said: str) -> str:
    """Textual's names of the keys that a person wrote, separated by commas. Raises ConfigError where there are none."""
    names = [_NAMES.get(name.strip(), name.strip()) for name in said.split(",") if name.strip()]
    if said == ",":
        names = ["comma"]
    if not names:
        raise ConfigError(f"settings, keys: {action} has no key")
    for name in names:
        if not all(part.replace("_", "").isalnum() for part in name.split("+")):
            raise ConfigError(
                f"settings, keys: {name!r} for {action} is not a key",
                hint='write one character, a name such as "space" or "f5", or "ctrl+x"; several with commas',
            )
    return ",".join(names)


def help_lines(table: tuple[Key, ...]) -> list[tuple[str, list[Key]]]:
    """The table by group, for `?`."""
    return [(group, [key for key in table if key.group == group]) for group in GROUPS]


def markdown() -> str:
    """The table for the README."""
    rows = (f"| `{key.shown}` | {key.what} | {key.action} |" for key in KEYMAP)
    return "\n".join(["| key | what | action |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(markdown())
