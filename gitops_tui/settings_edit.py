"""Adds an ignore rule to the user's settings file, and leaves all else in it as it stands, comments too."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from gitops_tui.errors import ConfigError
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.text import printable
from gitops_tui.records import replace
from gitops_tui.settings import Settings, load_settings, settings_file, settings_from

_NAME = "ignore_differences"


def add_ignore_rule(rule: dict[str, Any], path: Path | None = None) -> tuple[Path, tuple[IgnoreRule, ...]]:
    """Writes the rule (as `rule_dict` gives it) behind those that are there; gives the file and all its rules.

    The file is replaced as a whole or not at all; a link to it stays one. Raises ConfigError where it can't be read or
    written, or where it would not mean what it meant before plus the rule: then nothing is written.
    """
    path = path or settings_file()
    before = load_settings(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        text = ""
    made = _with_rule(text, rule)
    after = _understood(made, path)
    wanted = settings_from({_NAME: [rule]}, str(path)).ignore_differences
    if replace(after, ignore_differences=()) != replace(before, ignore_differences=()) or (
        after.ignore_differences != (*before.ignore_differences, *wanted)
    ):
        raise ConfigError(
            f"the rule could not be added to the settings file {path} without changing what else stands there",
            hint=f"add it by hand under {_NAME}",
        )
    _write(path, made)
    return path, after.ignore_differences


def _understood(text: str, path: Path) -> Settings:
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(
            f"the rule could not be added to the settings file {path}: {printable(str(error))[:300]}",
            hint=f"add it by hand under {_NAME}",
        ) from error
    return settings_from(data, str(path)) if isinstance(data, dict) else Settings()


def _with_rule(text: str, rule: dict[str, Any]) -> str:
    import yaml

    root = yaml.compose(text, Loader=yaml.SafeLoader) if text.strip() else None
    newline = "\r\n" if "\r\n" in text else "\n"
    if root is None or not isinstance(root, yaml.MappingNode):
        # Nothing but comments, or nothing.
        return _ended(text, newline) + f"{_NAME}:{newline}" + _item(rule, 0, newline)
    found = next((value for key, value in root.value if key.value == _NAME), None)
    if found is None:
        if root.flow_style:
            whole = {**yaml.safe_load(text), _NAME: [rule]}
            return str(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True))
        return (
            _ended(text, newline)
            + " " * root.start_mark.column
            + f"{_NAME}:{newline}"
            + _item(rule, root.start_mark.column, newline)
        )
    start, end = found.start_mark, found.end_mark
    if isinstance(found, yaml.SequenceNode) and found.value and not found.flow_style:
        last = found.value[-1].end_mark.index
        # Behind the last item's own line: comments below the list stay below it.
        line = text.find("\n", _trimmed(text, last))
        at = len(text) if line < 0 else line + 1
        return _ended(text[:at], newline) + _item(rule, start.column, newline) + text[at:]
    items = [*(yaml.safe_load(text)[_NAME] or []), rule]
    key = next(key for key, _ in root.value if key.value == _NAME)
    block = "".join(_item(each, key.start_mark.column, newline) for each in items)
    rest = text[end.index :]
    head, _, tail = rest.partition("\n")
    return text[: start.index].rstrip(" ") + head.rstrip("\r") + newline + block + tail


def _trimmed(text: str, at: int) -> int:
    """The end of a block's last item lies at the next token: back to what it really ends with."""
    while at > 0 and text[at - 1] in " \t\r\n":
        at -= 1
    # Comments between the items and the next key were skipped over: they are not the item's.
    while True:
        start = text.rfind("\n", 0, at) + 1
        line = text[start:at].strip()
        if start == 0 or not (line.startswith("#") or not line):
            return at
        at = start - 1


def _ended(text: str, newline: str) -> str:
    return text if not text or text.endswith("\n") else text + newline


def _item(rule: dict[str, Any], column: int, newline: str) -> str:
    import yaml

    dumped = str(yaml.safe_dump([rule], sort_keys=False, allow_unicode=True, width=10_000))
    return "".join(" " * column + line + newline for line in dumped.splitlines())


def _write(path: Path, text: str) -> None:
    name = ""
    try:
        real = path.resolve()
        real.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=real.parent, prefix=".", suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if real.exists():
            Path(name).chmod(real.stat().st_mode & 0o7777)
        Path(name).replace(real)
    except OSError as error:
        if name:
            with suppress(OSError):
                Path(name).unlink()
        raise ConfigError(
            f"the settings file {path} can't be written: {error.strerror or error}",
            hint="copy the rule (c) and add it by hand, or put it into the Application's ignoreDifferences",
        ) from error
