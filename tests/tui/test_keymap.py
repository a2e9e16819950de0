"""The one table of keys, and what a person may change in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_tui.errors import ConfigError
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.keymap import GROUPS, KEYMAP, bound, markdown


def test_each_key_has_an_action_a_group_and_stands_in_the_readme() -> None:
    bound({})
    for key in KEYMAP:
        assert callable(getattr(GitOpsApp, f"action_{'go_open' if key.action == 'open' else key.action}"))
        assert key.group in GROUPS
    assert markdown() in (Path(__file__).parents[2] / "README.md").read_text()


def test_a_changed_key_is_bound_and_shown() -> None:
    table = {key.action: key for key in bound({"sync": "f5", "filter": "ctrl+f,/", "detail_down": "ctrl+d"})}
    assert table["sync"].keys == "f5"
    assert table["filter"].keys == "ctrl+f,slash"
    assert table["filter"].shown == "ctrl+f /"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"fly": "f"}, "unknown action 'fly'"),
        ({"sync": "p"}, "'p' means both sync and pause"),
        ({"sync": ""}, "sync has no key"),
        ({"sync": "two words"}, "'two words' for sync is not a key"),
    ],
)
def test_a_wrong_key_is_named(keys: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        bound(keys)
