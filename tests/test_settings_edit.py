"""A rule is added to the settings file; all else in it stays as a person wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_tui.errors import ConfigError
from gitops_tui.settings import load_settings
from gitops_tui.settings_edit import add_ignore_rule

RULE = {"application": "shop", "group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
TEXTS = {
    "empty": "",
    "only comments": "# mine\n",
    "another setting": "# mine\nconfirm: false  # why\n",
    "no end of line": "confirm: false",
    "a list": "ignore_differences:\n- kind: Secret\n  jsonPointers: [/data]  # by the operator\n\n# the rest\nconfirm: false\n",
    "an indented list": "ignore_differences:\n    # first\n    - kind: Secret\n      jsonPointers:\n        - /data\nconfirm: false\n",
    "a list at the end": "confirm: false\nignore_differences:\n  - kind: Secret\n    jsonPointers:\n      - /data",
    "a list with comments behind": "ignore_differences:\n- kind: Secret\n  jsonPointers: [/data]\n# one\n# two\n",
    "an empty list": "ignore_differences: []  # none yet\nconfirm: false\n",
    "nothing": "ignore_differences:\nconfirm: false\n",
    "in one line": 'ignore_differences: [{kind: Secret, jsonPointers: ["/data"]}]\nconfirm: false\n',
    "flow": "{confirm: false}\n",
    "windows": "confirm: false\r\nignore_differences:\r\n- kind: Secret\r\n  jsonPointers: [/data]\r\n",
    "a document start": "---\nconfirm: false\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_rule_comes_last_and_nothing_else_changes(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.yaml"
    with path.open("w", newline="") as file:
        file.write(TEXTS[name])
    before = load_settings(path)
    written, rules = add_ignore_rule(RULE, path)
    after = load_settings(path)
    assert written == path
    assert rules == after.ignore_differences
    assert after.ignore_differences[:-1] == before.ignore_differences
    last = after.ignore_differences[-1]
    assert (last.application, last.kind, last.json_pointers) == ("shop", "Deployment", ("/spec/replicas",))
    assert after.confirm is before.confirm
    text = path.read_bytes().decode()
    if name != "flow":
        comments = [line.partition("#")[2] for line in TEXTS[name].splitlines() if "#" in line]
        assert all(f"#{comment}" in text for comment in comments)
    if name == "windows":
        assert text.count("\r\n") == text.count("\n")
    add_ignore_rule({**RULE, "kind": "StatefulSet"}, path)
    assert [each.kind for each in load_settings(path).ignore_differences][-2:] == ["Deployment", "StatefulSet"]


def test_the_folder_is_made_the_link_stays_and_the_mode_too(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "config.yaml"
    link = tmp_path / "config.yaml"
    link.symlink_to(real)
    add_ignore_rule(RULE, link)
    real.chmod(0o640)
    add_ignore_rule(RULE, link)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(load_settings(link).ignore_differences) == 2
    assert [each.name for each in real.parent.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize("text", ["a: [", "- a\n", "confirm: perhaps\n"])
def test_a_broken_file_is_left_alone_and_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        add_ignore_rule(RULE, path)
    assert path.read_text() == text


def test_a_rule_that_says_nothing_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    with pytest.raises(ConfigError, match="ignores nothing"):
        add_ignore_rule({"kind": "Secret"}, path)
    assert not path.exists()


def test_a_folder_that_may_not_be_written_says_so_and_what_to_do(tmp_path: Path, monkeypatch) -> None:
    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    with pytest.raises(ConfigError, match="can't be written: Permission denied") as caught:
        add_ignore_rule(RULE, tmp_path / "config.yaml")
    assert "by hand" in caught.value.hint
    assert not (tmp_path / "config.yaml").exists()
