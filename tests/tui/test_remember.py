"""What the screen remembers comes back, stays small, and never stands in the way of a start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.tui.remember import Memory, Remembered
from gitops_tui.tui.treerow import Node

NODE = Node(AppKey("prod", "", "shop"), "Deployment.apps", ResourceKey("apps", "Deployment", "shop", "cart"), "u1")


def test_what_was_kept_comes_back_for_the_same_scope_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "screen.json"
    kept = Remembered(
        "gitops-light", 60, True, True, NODE, {NODE._replace(uid=""): True, Node(NODE.app): False}, "kind:svc"
    )
    Memory(path, "one").save(kept)
    assert Memory(path, "one").load() == (kept, "")
    other, said = Memory(path, "two").load()
    assert not said
    assert (other.theme, other.share, other.node, other.filter, dict(other.opened)) == (
        "gitops-light",
        60,
        None,
        "",
        {},
    )


def test_the_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "screen.json"
    many = {Node(AppKey("c", "", f"app-{number}")): True for number in range(5000)}
    for number in range(60):
        Memory(path, f"scope {number}").save(Remembered(opened=many))
    assert path.stat().st_size < 1_000_000
    assert Memory(path, "scope 59").load()[0].opened
    assert not Memory(path, "scope 0").load()[0].opened


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 2}',
        '{"version": 1}',
        '{"version": 1, "scopes": [{"scope": "s", "node": [1]}]}',
        "\x00",
    ],
)
def test_a_broken_file_is_ignored_with_a_word_and_written_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "screen.json"
    path.write_text(text)
    memory = Memory(path, "s")
    known, said = memory.load()
    assert known == Remembered()
    assert str(path) in said
    memory.save(Remembered(theme="gitops-light"))
    assert json.loads(path.read_text())["theme"] == "gitops-light"
    assert [each.name for each in tmp_path.iterdir()] == ["screen.json"]


def test_a_folder_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError):
        Memory(tmp_path / "file" / "screen.json", "s").save(Remembered())
