"""The one table of keys: the app binds from it, `?` shows it, the README's table is printed from it
(`python -m gitops_tui.tui.keymap`). Only keys that work are listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gitops_tui.errors import ConfigError


class Key(NamedTuple):
    """action: the app's action; keys: Textual's names, separated by commas; shown: as a person reads them."""

    action: str
    keys: str
    shown: str
    what: str
    writes: bool = False


KEYMAP: tuple[Key, ...] = (
    Key("down", "down,j", "↓ j", "down"),
    Key("up", "up,k", "↑ k", "up"),
    Key("open", "enter,right,l,space", "enter → l", "open"),
    Key("close", "left", "←", "close, or go to the parent"),
    Key("top", "home,g", "g", "top"),
    Key("bottom", "end,G", "G", "bottom"),
    Key("page_down", "pagedown", "PgDn", "page down"),
    Key("page_up", "pageup", "PgUp", "page up"),
    Key("next_drift", "right_square_bracket", "]", "next drifted resource"),
    Key("previous_drift", "left_square_bracket", "[", "previous drifted resource"),
    Key("next_change", "n", "n", "next change in the diff"),
    Key("previous_change", "N", "N", "previous change in the diff"),
    Key("detail_down", "ctrl+f", "ctrl+f", "scroll the right pane down"),
    Key("detail_up", "ctrl+b", "ctrl+b", "scroll the right pane up"),
    Key("unified", "u", "u", "side by side or unified"),
    Key("filter", "slash", "/", "filter: text, kind: ns: status: health:"),
    Key("sync", "s", "s", "sync: shows the plan, then asks", True),
    Key("pause", "p", "p", "pause or resume automatic sync", True),
    Key("history", "h", "h", "history, and roll back from there"),
    Key("unpin", "U", "U", "unpin", True),
    Key("refresh", "r", "r", "refresh"),
    Key("hard_refresh", "ctrl+r", "ctrl+r", "hard refresh"),
    Key("errors", "E", "E", "all errors and warnings"),
    Key("theme", "t", "t", "next theme"),
    Key("help", "question_mark", "?", "help"),
    Key("leave", "q", "q", "quit"),
)


def bound(overrides: Mapping[str, str]) -> tuple[Key, ...]:
    """The table with the user's keys over it. Raises ConfigError for an unknown action or a key used twice."""
    known = {key.action for key in KEYMAP}
    for action in overrides:
        if action not in known:
            raise ConfigError(f"settings, keys: unknown action {action!r}", hint=f"known: {', '.join(sorted(known))}")
    table = tuple(
        key._replace(keys=overrides[key.action], shown=overrides[key.action]) if key.action in overrides else key
        for key in KEYMAP
    )
    used: dict[str, str] = {}
    for key in table:
        for name in key.keys.split(","):
            if used.setdefault(name, key.action) != key.action:
                raise ConfigError(f"settings, keys: {name!r} means both {used[name]} and {key.action}")
    return table


def markdown() -> str:
    """The table for the README."""
    return "\n".join(["| key | what |", "|---|---|", *(f"| `{key.shown}` | {key.what} |" for key in KEYMAP)])


if __name__ == "__main__":
    print(markdown())
