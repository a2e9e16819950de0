"""Copying through the terminal, and other programs in it."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from gitops_tui.errors import GitOpsError
from gitops_tui.tui.clipboard import LIMIT, osc52, save
from gitops_tui.tui.outside import program, show


def decoded(sequence: str) -> str:
    found = re.search(r"\]52;c;([A-Za-z0-9+/=]*)\x07", sequence)
    assert found is not None
    return base64.b64decode(found[1]).decode()


def test_a_text_is_one_sequence_and_no_character_of_it_reaches_the_terminal() -> None:
    made = osc52("grün\x1b]0;evil\x07", {"TERM": "xterm"})
    assert made is not None
    assert decoded(made) == "grün\x1b]0;evil\x07"
    assert made.count("\x1b") == 1


def test_tmux_gets_it_wrapped_too() -> None:
    made = osc52("x", {"TMUX": "/tmp/tmux-0/default,1,0"})
    assert made is not None
    assert "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\" in made


def test_screen_gets_it_in_chunks_that_it_can_take() -> None:
    made = osc52("y" * 5000, {"STY": "1.pts-0"})
    assert made is not None
    parts = re.findall(r"\x1bP(.*?)\x1b\\", made, re.DOTALL)
    assert all(len(part) <= 768 for part in parts)
    assert decoded("".join(parts)) == "y" * 5000


def test_what_is_too_large_is_no_sequence() -> None:
    assert osc52("x" * LIMIT, {}) is None


def test_a_saved_copy_is_the_owners_alone_and_stays_in_its_folder(tmp_path: Path) -> None:
    path = save("secret", "../../etc/YAML of x/y", tmp_path / "copies")
    assert path.parent == tmp_path / "copies"
    assert path.read_text() == "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert save("again", "../../etc/YAML of x/y", tmp_path / "copies") != path


def test_a_program_reads_a_private_copy_that_goes_away(tmp_path: Path) -> None:
    script = tmp_path / "pager"
    script.write_text(
        f'#!/bin/sh\ncat "$1" > {tmp_path}/seen\nstat -c %a "$1" > {tmp_path}/mode\necho "$1" > {tmp_path}/path\n'
    )
    script.chmod(0o755)
    show("a: 1\n", "Secret-x/../y.yaml", "pager", {"PAGER": f"'{script}'", "PATH": "/usr/bin:/bin"})
    assert (tmp_path / "seen").read_text() == "a: 1\n"
    assert (tmp_path / "mode").read_text().strip() == "600"
    assert not Path((tmp_path / "path").read_text().strip()).exists()


@pytest.mark.parametrize(("value", "said"), [("no-such-program -x", "which is not there"), ("'open", "can't be read")])
def test_a_wrong_pager_is_named(value: str, said: str) -> None:
    with pytest.raises(GitOpsError, match=said):
        program("pager", {"PAGER": value})
