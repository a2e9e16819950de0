"""Objects made fit to be shown: Secrets masked, noise left out. Whatever shows an object goes through here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from gitops_tui.model import fieldpath
from gitops_tui.model.drift import ABSENT, FieldDifference, Masked
from gitops_tui.model.globs import is_named
from gitops_tui.model.text import URL_CREDENTIALS, printable, spelt
from gitops_tui.records import replace
from gitops_tui.settings import APPLICATION_LABEL, TRACKING_ANNOTATION

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET = ("data", "stringData", f'metadata.annotations["{_LAST_APPLIED}"]')
_VALUES = ("data", "binaryData")
_DEEPEST = 200
_MARK = re.compile(rf"{re.escape(str(Masked(''))[:-1])}([A-Z]+)\)")
_NOISE = (
    "managedFields",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "selfLink",
)


class Masks:
    """Marks for secret values: the same value gets the same mark, for as long as this lives. taken: marks that stand for
    values which are not known any more."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._marks: dict[str, str] = {}
        self._taken = set(taken)

    def mask(self, value: Any) -> Masked:
        known = self._marks.get(spelt(value))
        if known is None:
            used = self._taken.union(self._marks.values())
            known = next(letters for number in count(len(used)) if (letters := _letters(number)) not in used)
            self._marks[spelt(value)] = known
        return Masked(known)

    def learn(self, value: Any, shown: Any) -> None:
        """Takes over the marks that another comparison gave to a value, or to the values of a mapping."""
        if isinstance(shown, Masked):
            self._marks.setdefault(spelt(value), shown.mark)
        elif isinstance(shown, Mapping) and isinstance(value, Mapping):
            for key, below in shown.items():
                if isinstance(below, Masked) and key in value:
                    self._marks.setdefault(spelt(value[key]), below.mark)

    def learn_from(
        self, found: Iterable[FieldDifference], desired: Mapping[str, Any] | None, live: Mapping[str, Any] | None
    ) -> None:
        """Takes over the marks that differences gave to values of these two objects."""
        told = {each.path: each for each in found}
        self._taken.update(mark for each in told.values() for mark in marks_in([each.desired, each.live]))
        for field in _VALUES:
            for name, side in (("desired", desired), ("live", live)):
                values = side.get(field) if side is not None else None
                if field in told:
                    self.learn(values, getattr(told[field], name))
                for key, value in values.items() if isinstance(values, Mapping) else ():
                    if each := told.get(fieldpath.child(field, str(key))):
                        self.learn(value, getattr(each, name))

    def differences(
        self, found: Iterable[FieldDifference], keys: Collection[str] | None = None
    ) -> list[FieldDifference]:
        """The differences of a Secret without its values; with `keys` those of a ConfigMap without these keys'."""
        hidden = {fieldpath.child(field, key) for field in _VALUES for key in keys or ()}
        made = []
        for each in found:
            if keys is None:
                masked = each.path.startswith(_SECRET) or each.path == "metadata.annotations"
            else:
                masked = each.path in hidden
            if masked:
                each = replace(each, desired=self._side(each.desired, None), live=self._side(each.live, None), note="")
            elif keys is not None and each.path in _VALUES:
                each = replace(each, desired=self._side(each.desired, keys), live=self._side(each.live, keys), note="")
            made.append(each)
        return made

    def _side(self, value: Any, keys: Collection[str] | None) -> Any:
        if value is ABSENT:
            return value
        if isinstance(value, Mapping):
            return {key: self.mask(below) if keys is None or key in keys else below for key, below in value.items()}
        return self.mask(value)

    def config_map(self, obj: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
        """A ConfigMap with these keys' values masked."""
        made = dict(obj)
        for field in _VALUES:
            values = made.get(field)
            if isinstance(values, Mapping):
                made[field] = self._side(values, keys)
        return self._without_note(made)

    def secret(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """A Secret with its values masked."""
        made = dict(obj)
        for field in ("data", "stringData"):
            values = made.get(field)
            if isinstance(values, Mapping):
                made[field] = {key: self.mask(value) for key, value in values.items()}
            elif values is not None:
                made[field] = self.mask(values)
        return self._without_note(made)

    def _without_note(self, made: dict[str, Any]) -> dict[str, Any]:
        metadata = made.get("metadata")
        notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
        if isinstance(metadata, Mapping) and isinstance(notes, Mapping) and _LAST_APPLIED in notes:
            masked = {**notes, _LAST_APPLIED: self.mask(notes[_LAST_APPLIED])}
            made["metadata"] = {**metadata, "annotations": masked}
        return made


def marks_in(value: Any) -> Iterator[str]:
    """The marks that stand in shown values, in texts too, in their order; to any depth."""
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, Masked):
            yield each.mark
        elif isinstance(each, str):
            yield from _MARK.findall(each)
        elif isinstance(each, Mapping | list):
            stack.extend(reversed(list(each.values() if isinstance(each, Mapping) else each)))


def masked_keys(patterns: Collection[str], *sides: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The keys of a ConfigMap that look like credentials by these globs (upper and lower case alike)."""
    if not patterns:
        return ()
    found: dict[str, None] = {}
    for side in sides:
        if side is None or side.get("kind") != "ConfigMap":
            continue
        for field in _VALUES:
            values = side.get(field)
            for key in values if isinstance(values, Mapping) else ():
                if isinstance(key, str) and key not in found and is_named(key, tuple(patterns)):
                    found[key] = None
    return tuple(found)


def _letters(number: int) -> str:
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def displayable(
    obj: Mapping[str, Any], masks: Masks | None = None, *, mask_keys: Collection[str] = (), urls: bool = True
) -> dict[str, Any]:
    """The object without managedFields, and with a Secret's values masked; so are those of a ConfigMap whose keys match
    the globs `mask_keys`, and (urls) what URLs hold of users and passwords, whatever the kind."""
    masks = masks or Masks()
    made = dict(obj)
    metadata = made.get("metadata")
    if isinstance(metadata, Mapping) and "managedFields" in metadata:
        made["metadata"] = {key: value for key, value in metadata.items() if key != "managedFields"}
    if made.get("kind") == "Secret":
        made = masks.secret(made)
    elif keys := masked_keys(mask_keys, made):
        made = masks.config_map(made, keys)
    return {name: without_credentials(value, masks) for name, value in made.items()} if urls else made


def _hidden(found: re.Match[str], masks: Masks) -> str:
    who = found[0].removeprefix(found["scheme"])
    if ":" not in who and "ssh" in found["scheme"]:
        return found[0]  # git@ is nobody's secret
    return f"{found['scheme']}{masks.mask(who)}@"


def concealed(found: FieldDifference, masks: Masks | None = None) -> FieldDifference:
    """A difference without what URLs in its values hold of users and passwords; the same mark means the same words."""
    masks = masks or Masks()
    desired, live = without_credentials(found.desired, masks), without_credentials(found.live, masks)
    return found if desired is found.desired and live is found.live else replace(found, desired=desired, live=live)


def without_credentials(value: Any, masks: Masks, depth: int = 0) -> Any:
    """The same value where no URL in it names a user; the same mark stands for the same words."""
    if isinstance(value, str):
        if "://" not in value or "@" not in value:
            return value
        return URL_CREDENTIALS.sub(lambda found: _hidden(found, masks), value)
    if depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        changed = {
            key: made
            for key, each in value.items()
            if (made := without_credentials(each, masks, depth + 1)) is not each
        }
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        listed = [without_credentials(each, masks, depth + 1) for each in value]
        return listed if any(one is not other for one, other in zip(listed, value, strict=True)) else value
    return value


def clean_live(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A live object without what the server keeps for itself: status, managedFields, uid and the like."""
    made = {key: value for key, value in obj.items() if key != "status"}
    metadata = made.get("metadata")
    if isinstance(metadata, Mapping):
        kept = {key: value for key, value in metadata.items() if key not in _NOISE}
        notes = kept.get("annotations")
        if isinstance(notes, Mapping) and _LAST_APPLIED in notes:
            kept["annotations"] = {key: value for key, value in notes.items() if key != _LAST_APPLIED}
            if not kept["annotations"]:
                del kept["annotations"]
        made["metadata"] = kept
    return made


def untracked(obj: dict[str, Any]) -> dict[str, Any]:
    """An object without our own marks on it."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, Mapping):
        return obj
    made = dict(metadata)
    for field, ours in (("annotations", TRACKING_ANNOTATION), ("labels", APPLICATION_LABEL)):
        values = made.get(field)
        if isinstance(values, Mapping) and ours in values:
            rest = {key: value for key, value in values.items() if key != ours}
            if rest:
                made[field] = rest
            else:
                del made[field]
    return {**obj, "metadata": made}


def plain(value: Any, depth: int = 0) -> Any:
    """JSON values with Masked and ABSENT as text or None, for output; what lies deeper than 100 levels as "…"."""
    if isinstance(value, Masked):
        return str(value)
    if value is ABSENT:
        return None
    if isinstance(value, Mapping):
        return {str(key): plain(below, depth + 1) for key, below in value.items()} if depth < 100 else "…"
    if isinstance(value, list | tuple):
        return [plain(each, depth + 1) for each in value] if depth < 100 else "…"
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return f"{value:e}" if value.bit_length() < 1000 else f"a number of {value.bit_length()} bits"
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value


def value_text(value: Any, limit: int = 60) -> str:
    """A value on one line, short enough for a sentence."""
    import orjson

    try:
        text = value if isinstance(value, str) else orjson.dumps(plain(value)).decode()
    except (TypeError, ValueError):
        text = type(value).__name__
    text = printable(text[: limit * 2])
    return text if len(text) <= limit else text[: limit - 1] + "…"
