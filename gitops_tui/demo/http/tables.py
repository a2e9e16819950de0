"""What a client gets of an object or a list: as it is, as a Table, or its metadata only."""

from __future__ import annotations

import re
from typing import Any

from gitops_tui.demo.http.ages import age
from gitops_tui.demo.http.cells import CELLS
from gitops_tui.demo.registry.resources import Resource

Obj = dict[str, Any]
_STEP = re.compile(
    r"\.?([^.\[\]]+)|\[(\d+)\]|\[\?\(@\.([\w.]+)==[\"']([^\"']*)[\"']\)\]|\[(\*)\]|\[['\"]([^'\"]+)['\"]\]"
)


def json_path(obj: Any, path: str) -> Any:
    """The first value at a simple JSONPath, None where there is none."""
    places = [obj]
    text = path.replace("\\.", "\0")
    for name, index, key, wanted, every, quoted in _STEP.findall(text):
        found = []
        for place in places:
            if name or quoted:
                step = (name or quoted).replace("\0", ".")
                if isinstance(place, dict) and step in place:
                    found.append(place[step])
            elif index:
                if isinstance(place, list) and int(index) < len(place):
                    found.append(place[int(index)])
            elif every:
                found += place if isinstance(place, list) else []
            elif isinstance(place, list):
                found += [
                    each for each in place if isinstance(each, dict) and str(json_path(each, "." + key)) == wanted
                ]
        places = found
    return places[0] if places else None


def _custom_cells(resource: Resource, obj: Obj, now: float) -> list[Any]:
    made: list[Any] = [obj["metadata"]["name"]]
    for column in resource.custom.printer:
        value = json_path(obj, column["jsonPath"])
        kind = column["type"]
        if kind == "date":
            made.append(age(value, now) if value else "<unknown>" if value == "" else None)
        elif value is None:
            made.append(None)
        elif kind == "string" and isinstance(value, dict | list):
            import orjson

            made.append(orjson.dumps(value).decode())
        elif kind == "string":
            made.append(str(value).lower() if isinstance(value, bool) else str(value))
        else:
            made.append(value)
    return made


def cells(resource: Resource, obj: Obj, now: float) -> list[Any]:
    """A row's cells, one for each column of the resource."""
    if resource.custom is not None:
        return _custom_cells(resource, obj, now)
    make = CELLS.get((resource.group, resource.kind))
    if make is not None:
        found = make(obj, now)
        if len(found) == len(resource.columns):
            return found
    metadata = obj["metadata"]
    made: list[Any] = []
    for name, *_ in resource.columns:
        if name == "Name":
            made.append(metadata["name"])
        elif name == "Age":
            made.append(age(metadata.get("creationTimestamp"), now))
        elif name == "Created At":
            made.append(metadata.get("creationTimestamp"))
        else:
            made.append("")
    return made


def empty_row(resource: Resource, obj: Obj, now: float) -> Obj:
    """The row of a bookmark: of an object that has nothing but a version and annotations."""
    nothing = {**obj, "metadata": {**obj["metadata"], "name": ""}}
    made = [
        each if each is not None or resource.custom is not None else "<unknown>"
        for each in cells(resource, nothing, now)
    ]
    return {"cells": made, "object": partial(obj)}


def partial(obj: Obj, version: str = "v1") -> Obj:
    """Only the metadata of an object."""
    return {"kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}", "metadata": obj["metadata"]}


def table(
    resource: Resource, items: list[Obj], metadata: Obj, now: float, include: str, version: str, *, heads: bool = True
) -> Obj:
    """A Table of objects. include: None, Metadata or Object, what goes along with each row."""
    rows = []
    for obj in items:
        row: Obj = {"cells": cells(resource, obj, now)}
        if include == "Object":
            row["object"] = obj
        elif include != "None":
            row["object"] = partial(obj, version)
        rows.append(row)
    columns = [
        {"name": name, "type": kind, "format": form, "description": said, "priority": priority}
        for name, kind, form, said, priority in resource.columns
    ]
    made: Obj = {"kind": "Table", "apiVersion": f"meta.k8s.io/{version}", "metadata": metadata}
    made["columnDefinitions"] = columns if heads else None
    made["rows"] = rows
    return made
