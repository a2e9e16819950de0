"""An object as YAML text, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from gitops_tui.render.loader import plain

_FIRST = ("apiVersion", "kind", "metadata")
_Base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc, valid-type]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, data: str) -> Any:
    # PyYAML leaves text plain that Kubernetes reads as something else: 1e3, 0o17, 08, y.
    style: str | None = "'" if not isinstance(plain(data), str) else None
    style = "|" if "\n" in data and not any(line.endswith(" ") for line in data.split("\n")) else style
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _text)


def dump_value(value: Any) -> str:
    """Any value, as it stands."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)).removesuffix("...\n")


def dump(obj: Mapping[str, Any]) -> str:
    """Block style; apiVersion, kind and metadata first, the rest as it stands. Reads back as the same object."""
    ordered = {key: obj[key] for key in _FIRST if key in obj}
    ordered |= {key: value for key, value in obj.items() if key not in ordered}
    return str(yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6))
