"""What programs say about an object, without the values that are to be masked in it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gitops_tui.compare.show import masked_keys

_DOTS = "••••••••"
# Shorter values can't be told from other words of a message, nor shorter lines of a value of several.
_SHORTEST, _SHORTEST_LINE = 3, 8


def scrubbed(message: str, *sides: Mapping[str, Any] | None, mask_keys: Collection[str] = ()) -> str:
    """What an API server says about an object, without the values that are to be masked in it: as text, as base64, in
    quotes, and line by line."""
    forms: set[str] = set()
    for side in sides:
        if side is None or side.get("kind") not in ("Secret", "ConfigMap"):
            continue
        keys = None if side.get("kind") == "Secret" else masked_keys(mask_keys, side)
        for field in ("data", "stringData", "binaryData"):
            values = side.get(field)
            for key, value in values.items() if isinstance(values, Mapping) else ():
                if keys is None or key in keys:
                    forms.update(_forms(value))
    # A value may be the beginning of another one.
    for form in sorted(forms, key=len, reverse=True):
        message = message.replace(form, _DOTS)
    return message


def _forms(value: Any) -> Iterator[str]:
    """A value as it may stand in a message."""
    text = value if isinstance(value, str) else str(value)
    plain = {text, text.strip(), "".join(text.split())}
    try:
        plain.add(b64decode("".join(text.split()), validate=True).decode())
    except ValueError:
        pass
    for each in sorted(plain):
        encoded = b64encode(each.encode("utf-8", "surrogatepass")).decode()
        # As JSON, Go and Python quote it.
        quoted = (json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1], repr(each)[1:-1])
        yield from (form for form in (each, each.strip(), encoded, *quoted) if len(form) >= _SHORTEST)
        for line in each.splitlines() if "\n" in each.strip() else ():
            said = line.strip()
            yield from (form for form in (said, json.dumps(said)[1:-1]) if len(form) >= _SHORTEST_LINE)


def clean_owners(entries: Any, obj: Mapping[str, Any], *, mask_keys: Collection[str] = ()) -> Any:
    """managedFields of an object as they may be shown: the values that list items are known by (`v:`, `k:`) without what
    is masked in the object."""
    if isinstance(entries, list):
        return [clean_owners(each, obj, mask_keys=mask_keys) for each in entries]
    if not isinstance(entries, Mapping):
        return entries
    return {
        scrubbed(name, obj, mask_keys=mask_keys)
        if isinstance(name, str) and name.startswith(("v:", "k:"))
        else name: clean_owners(below, obj, mask_keys=mask_keys)
        for name, below in entries.items()
    }
