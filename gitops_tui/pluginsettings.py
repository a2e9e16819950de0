"""Plugins as the user's own settings declare them (`plugins:`), after the fields of Argo CD's ConfigManagementPlugin.

Only what stands here is ever run: an Application names a plugin, or a plugin's own `discover` finds its folders; a
repository declares none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gitops_tui.errors import ConfigError
from gitops_tui.records import dataclass, field

BUILTINS = ("envsubst", "jinja")
_FIELDS = (
    "name",
    "version",
    "builtin",
    "init",
    "generate",
    "discover",
    "env",
    "timeout",
    "memory",
    "network",
)
_SIZES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin. init, generate: command lines (generate prints the manifests). builtin: one that ships with this
    program instead. discover_file, discover_glob, discover_command: how it finds its folders, "" and () for not at all.
    env: given to it besides. timeout: seconds, 0 for render_timeout; memory: bytes, 0 for render_memory."""

    name: str
    version: str = ""
    builtin: str = ""
    init: tuple[str, ...] = ()
    generate: tuple[str, ...] = ()
    discover_file: str = ""
    discover_glob: str = ""
    discover_command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 0.0
    memory: int = 0
    network: bool = False

    @property
    def full_name(self) -> str:
        """As Argo CD names it: with its version, where it has one."""
        return f"{self.name}-{self.version}" if self.version else self.name

    @property
    def discovers(self) -> bool:
        return bool(self.discover_file or self.discover_glob or self.discover_command)


def plugins_from(value: Any, where: str) -> tuple[Plugin, ...]:
    """Raises ConfigError naming the field."""
    if not isinstance(value, list):
        raise ConfigError(f"{where}: plugins must be a list, not {value!r}")
    made = tuple(_plugin(each, f"{where}: plugins[{at}]") for at, each in enumerate(value))
    names = [each.full_name for each in made]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{where}: plugins has {name!r} twice")
    return made


def _plugin(value: Any, where: str) -> Plugin:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} must be a mapping, not {value!r}")
    for key in value:
        if key not in _FIELDS:
            raise ConfigError(f"{where}: unknown field {key!r}", hint=f"known fields: {', '.join(_FIELDS)}")
    name = value.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{where}: name is missing")
    builtin = value.get("builtin", "")
    if builtin and builtin not in BUILTINS:
        raise ConfigError(f"{where}: builtin must be one of {', '.join(BUILTINS)}, not {builtin!r}")
    generate = _command(value.get("generate"), f"{where}.generate")
    if bool(generate) == bool(builtin):
        raise ConfigError(f"{where} needs either generate.command or builtin ({', '.join(BUILTINS)})")
    discover = value.get("discover") or {}
    if not isinstance(discover, Mapping) or set(discover) - {"fileName", "find"}:
        raise ConfigError(f"{where}.discover must have fileName or find")
    find = discover.get("find") or {}
    if not isinstance(find, Mapping) or set(find) - {"glob", "command", "args"}:
        raise ConfigError(f"{where}.discover.find must have glob or command")
    env = value.get("env") or {}
    if not isinstance(env, Mapping) or not all(isinstance(k, str) and isinstance(v, str) for k, v in env.items()):
        raise ConfigError(f"{where}.env must map names to texts")
    network = value.get("network", False)
    if not isinstance(network, bool):
        raise ConfigError(f"{where}.network must be true or false, not {network!r}")
    timeout = value.get("timeout", 0)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout < 0:
        raise ConfigError(f"{where}.timeout must be a number of seconds, not {timeout!r}")
    return Plugin(
        name=name,
        version=str(value.get("version", "")),
        builtin=builtin,
        init=_command(value.get("init"), f"{where}.init"),
        generate=generate,
        discover_file=_text(discover, "fileName", where),
        discover_glob=_text(find, "glob", where),
        discover_command=_command(find, f"{where}.discover.find") if "command" in find else (),
        env=dict(env),
        timeout=float(timeout),
        memory=_size(value.get("memory", 0), f"{where}.memory"),
        network=network,
    )


def _text(data: Mapping[str, Any], name: str, where: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise ConfigError(f"{where}.discover: {name} must be text, not {value!r}")
    return value


def _command(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} must have command (a list) and may have args, not {value!r}")
    parts = []
    for name in ("command", "args"):
        found = value.get(name) or []
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise ConfigError(f"{where}.{name} must be a list of texts, not {found!r}")
        parts += found
    if not value.get("command"):
        raise ConfigError(f"{where}.command is missing")
    return tuple(parts)


def _size(value: Any, where: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = re.fullmatch(r"(\d+)(k|M|G|Ki|Mi|Gi|)", value) if isinstance(value, str) else None
    if found is None:
        raise ConfigError(f"{where} must be a size such as 512Mi, not {value!r}")
    return int(found[1]) * _SIZES[found[2]]
