"""Where a person's own health scripts come from: the settings file, with the keys that Argo CD's `argocd-cm` has, and a
folder, laid out as Argo CD's `resource_customizations` or with a file a kind. Only reads; `health/lua.py` runs them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gitops_tui.errors import ConfigError
from gitops_tui.records import dataclass

_PREFIX: Final = "resource.customizations"
_HEALTH: Final = f"{_PREFIX}.health."
_NAME: Final = re.compile(r"^(?:[a-z0-9*][a-z0-9.*-]*[/_])?[A-Za-z*][A-Za-z0-9*]*\Z")
_LIMIT: Final = 200_000
_HINT: Final = "the name is <group>_<Kind>, or <Kind> in the core group"


@dataclass(frozen=True, slots=True)
class HealthScript:
    """One health script in Lua. name: "group/Kind", "Kind" in the core group; "*" stands for any. where: its file or key,
    for errors."""

    name: str
    code: str
    where: str


def is_customization(name: object) -> bool:
    """Whether a key of the settings file is one of Argo CD's `resource.customizations`."""
    return isinstance(name, str) and (name == _PREFIX or name.startswith(f"{_PREFIX}."))


def _made(name: str, code: Any, where: str) -> HealthScript:
    if not _NAME.match(name):
        raise ConfigError(f"{where}: {name!r} names no kind", hint=_HINT)
    if not isinstance(code, str) or not code.strip():
        raise ConfigError(f"{where}: a health script must be Lua in a text, not {type(code).__name__}")
    if len(code) > _LIMIT:
        raise ConfigError(f"{where}: this health script is longer than {_LIMIT:,} characters")
    group, _, kind = name.replace("_", "/", 1).rpartition("/")
    return HealthScript(f"{group}/{kind}" if group else kind, code, where)


def scripts_in_settings(data: Mapping[Any, Any], where: str) -> tuple[HealthScript, ...]:
    """The scripts in the settings file's keys. Raises ConfigError for a key that says something else than health."""
    made = []
    for key, value in data.items():
        if not is_customization(key):
            continue
        place = f"{where}: {key}"
        if key == _PREFIX:
            made += _older_form(value, place)
        elif key.startswith(_HEALTH):
            made.append(_made(key.removeprefix(_HEALTH), value, place))
        else:
            raise ConfigError(
                f"{place}: of resource.customizations only health is supported",
                hint=f"{_HEALTH}<group>_<kind>; actions, ignoreDifferences and useOpenLibs have no meaning here",
            )
    return tuple(made)


def _older_form(value: Any, place: str) -> list[HealthScript]:
    """`resource.customizations`: a mapping (or a text that is one in YAML) of "group/Kind" to {health.lua: …}."""
    if isinstance(value, str):
        import yaml

        try:
            value = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"{place} is not valid YAML: {error}") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{place} must be a mapping of group/Kind, not a {type(value).__name__}")
    made = []
    for name, parts in value.items():
        if not isinstance(parts, dict) or set(parts) != {"health.lua"}:
            raise ConfigError(f"{place}: {name} must hold health.lua and nothing else", hint="only health is supported")
        made.append(_made(str(name), parts["health.lua"], f"{place}: {name}"))
    return made


def scripts_in_folder(folder: Path) -> tuple[HealthScript, ...]:
    """The scripts beneath a folder: `group/Kind/health.lua` ("_" stands for any), `group_Kind.lua` and `Kind.lua`.
    Raises ConfigError for a folder or a file that can't be read."""
    made = []
    try:
        if not folder.is_dir():
            raise ConfigError(f"health_folder: {folder} is no folder")
        for path in sorted(folder.glob("*.lua")):
            made.append(_made(path.stem, path.read_text(encoding="utf-8"), str(path)))
        for path in sorted(folder.glob("*/*/health.lua")):
            group, kind = (re.sub(r"^_", "*", each) for each in path.parts[-3:-1])
            made.append(_made(f"{group}/{kind}", path.read_text(encoding="utf-8"), str(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"health_folder: {folder} can't be read: {error}") from error
    return tuple(made)
