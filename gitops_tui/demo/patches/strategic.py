"""Strategic merge patch (k8s.io/apimachinery pkg/util/strategicpatch): lists merge by their patch merge keys, with the
directives $patch, $deleteFromPrimitiveList, $setElementOrder and $retainKeys."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.fields.types import LIST, MAP, Type
from gitops_tui.demo.fields.walks import same
from gitops_tui.demo.status import Fault, bad_request

_DELETE, _REPLACE, _MERGE = "delete", "replace", "merge"
_ORDER, _GONE, _RETAIN = "$setElementOrder/", "$deleteFromPrimitiveList/", "$retainKeys"


def strategic_merge(value: Any, patch: Any, declared: Type | None) -> Any:
    """The object after the patch. Raises Fault where the patch makes no sense."""
    if not isinstance(patch, dict):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
        )
    return _map(value if isinstance(value, dict) else {}, patch, declared)


def _map(value: dict[str, Any], patch: dict[str, Any], declared: Type | None) -> dict[str, Any]:
    directive = patch.get("$patch")
    if directive == _REPLACE:
        return {name: _clean(below) for name, below in patch.items() if name != "$patch"}
    if directive == _DELETE:
        return {}
    if directive not in (None, _MERGE):
        raise Fault(500, "", f"unknown patch type: {directive} in map: {go_map(patch)}")
    made = dict(value)
    retained = patch.get(_RETAIN)
    if isinstance(retained, list):
        made = {name: below for name, below in made.items() if name in retained}
    for name, below in patch.items():
        if name.startswith(_GONE) and isinstance(below, list):
            field = name.removeprefix(_GONE)
            if isinstance(made.get(field), list):
                made[field] = [each for each in made[field] if not any(same(each, gone) for gone in below)]
    for name, below in patch.items():
        if name in ("$patch", _RETAIN) or name.startswith((_ORDER, _GONE)):
            continue
        if below is None:
            made.pop(name, None)
            continue
        child = declared.field(name) if declared is not None and declared.kind == MAP else None
        order = patch.get(_ORDER + name)
        if isinstance(below, dict):
            found = made.get(name)
            if below.get("$patch") == _DELETE:
                made.pop(name, None)
            elif isinstance(found, dict) or _RETAIN in below or "$patch" in below:
                made[name] = _map(found if isinstance(found, dict) else {}, below, child)
            else:
                made[name] = _clean(below)
        elif (
            isinstance(below, list)
            and child is not None
            and child.kind == LIST
            and "merge" in child.strategy.split(",")
        ):
            made[name] = _list(made.get(name), below, child, order)
        else:
            made[name] = _clean(below)
    for name, order in patch.items():
        if name.startswith(_ORDER) and name.removeprefix(_ORDER) not in patch:
            field = name.removeprefix(_ORDER)
            child = declared.field(field) if declared is not None and declared.kind == MAP else None
            if isinstance(made.get(field), list) and child is not None:
                made[field] = _sorted(made[field], order, child.merge_key, made[field])
    return made


def go_map(value: Any) -> str:
    """A value as Go's %v prints it."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{go_map(value[name])}" for name in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(go_map, value)) + "]"
    return "<nil>" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _clean(value: Any) -> Any:
    """A value of a patch that meets nothing: without directives and nulls."""
    if isinstance(value, dict):
        return {name: _clean(below) for name, below in value.items() if below is not None and not name.startswith("$")}
    if isinstance(value, list):
        return [
            _clean(each) for each in value if not (isinstance(each, dict) and each.get("$patch") in (_DELETE, _REPLACE))
        ]
    return value


def _bad(said: str) -> Fault:
    return bad_request(said)


def _list(value: Any, patch: list[Any], declared: Type, order: Any) -> list[Any]:
    server = value if isinstance(value, list) else []
    found = list(server)
    if not declared.merge_key:
        made = list(found)
        for each in patch:
            if not any(same(each, other) for other in made):
                made.append(each)
        return _sorted(made, order if isinstance(order, list) else patch, "", found)
    key = declared.merge_key
    if any(isinstance(each, dict) and each.get("$patch") == _REPLACE for each in patch):
        return [_clean(each) for each in patch if isinstance(each, dict) and "$patch" not in each]
    for each in patch:
        if not isinstance(each, dict):
            raise _bad("expected map in merging list")
        if each.get("$patch") == _DELETE:
            if key not in each:
                raise _bad(f"map: {each} does not contain declared merge key: {key}")
            found = [item for item in found if not (isinstance(item, dict) and same(item.get(key), each[key]))]
    for each in patch:
        if each.get("$patch") == _DELETE:
            continue
        if key not in each:
            raise Fault(500, "", f"map: {go_map(each)} does not contain declared merge key: {key}")
        for number, item in enumerate(found):
            if isinstance(item, dict) and same(item.get(key), each[key]):
                found[number] = _map(item, each, declared.item)
                break
        else:
            found.append(_map({}, each, declared.item) if "$patch" in each else _clean(each))
    if isinstance(order, list):
        return _sorted(found, order, key, server)
    return _sorted(found, patch, key, server) if value else found


def _sorted(items: list[Any], order: Any, key: str, server: list[Any]) -> list[Any]:
    """Items in a wanted order. One that the order doesn't name stands where the server has it: before those named that
    followed it there, and after those that the server doesn't have (strategicpatch's normalizeElementOrder)."""
    if not isinstance(order, list):
        return items

    def of(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    wanted = [of(each) for each in order]
    named = [item for item in items if any(same(of(item), each) for each in wanted)]
    named.sort(key=lambda item: next(number for number, each in enumerate(wanted) if same(of(item), each)))
    rest = [item for item in items if not any(item is each for each in named)]
    made: list[Any] = []

    def place(item: Any) -> int:
        return next((number for number, each in enumerate(server) if same(of(each), of(item))), -1)

    i = j = 0
    while i < len(named) or j < len(rest):
        if j >= len(rest) or (i < len(named) and not 0 <= place(rest[j]) < place(named[i])):
            made.append(named[i])
            i += 1
        else:
            made.append(rest[j])
            j += 1
    return made
