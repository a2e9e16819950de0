"""The README says what there is: every command, option, setting and key, from the tables that the program itself uses."""

from __future__ import annotations

import argparse
import re
from dataclasses import fields
from pathlib import Path

import pytest

from gitops_tui.cli.options import parser
from gitops_tui.settings import Settings
from gitops_tui.tui.keymap import markdown

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
# Where the program keeps what is its own; set by the environment (XDG_CACHE_HOME, XDG_STATE_HOME).
FOLDERS = {"cache_folder", "state_folder"}
# What other keys of the settings file are gathered into.
GATHERED = {"health_scripts": "resource.customizations.health.<group>_<Kind>"}


def commands() -> dict[str, argparse.ArgumentParser]:
    (made,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    for each in made.choices.values():
        each.fill()
    return dict(made.choices)


def test_the_first_two_code_lines_are_the_two_commands() -> None:
    block = re.search(r"```sh\n(.*?)```", README, re.S)
    assert block is not None
    first, second = block[1].strip().splitlines()
    assert first.endswith("gitops-tui demo")
    assert " python -m pytest" in second.replace(".venv/bin/", " ")
    assert all("venv .venv && " in line and "pip install" in line for line in (first, second))


@pytest.mark.parametrize("name", sorted(commands()))
def test_each_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"[`, ](gitops-tui )?{name}[ `]", README), name


@pytest.mark.parametrize(
    "option",
    sorted(
        {
            option
            for made in commands().values()
            for action in made._actions
            for option in action.option_strings
            if option.startswith("--") and option != "--help"
        }
    ),
)
def test_each_option_is_in_the_readme(option: str) -> None:
    assert re.search(rf"{option}\b", README)


@pytest.mark.parametrize("name", sorted({GATHERED.get(each.name, each.name) for each in fields(Settings)} - FOLDERS))
def test_each_setting_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


def test_each_key_is_in_the_readme() -> None:
    assert markdown() in README, "python -m gitops_tui.tui.keymap prints the table"
