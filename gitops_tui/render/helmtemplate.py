"""`helm template` by Helm's library instead of the program: the same values, the same order, the same bytes.

The library gives what an install would apply; the rest of what the program prints (hooks, CRDs, their order: helm,
pkg/cmd/template.go, pkg/release/v1/util/manifest_sorter.go) is put together here. It takes values as JSON, in which an int64
of `--set` would become a float64: those numbers are set once more by a template that is added to the private copy and is
rendered before all others. What can't be done so that it is surely the same raises Unsure, and the program does it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gitops_tui.model import installorder
from gitops_tui.records import dataclass
from gitops_tui.render.chartscan import Scan
from gitops_tui.render.helmlibrary import ask
from gitops_tui.render.strvals import Int, Wrong, set_file_into, set_into

_HOOK = "helm.sh/hook"
_SPACE = " \t\n\v\f\r\x85\xa0"


class Unsure(Exception):
    """Why the program has to render this."""


class Refused(Exception):
    """What Helm says is wrong, in its words."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to render, as `helm template` is told it. chart: a folder that may be changed. value_files: (file, what people
    call it). sets: (force text, `name=value`). files: (name, file) of `--set-file`. timeout: seconds. memory: bytes."""

    chart: Path
    release: str
    namespace: str
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    skip_crds: bool = False
    skip_tests: bool = False
    skip_schema_validation: bool = False
    value_files: tuple[Path, ...] = ()
    values: str = ""
    sets: tuple[tuple[bool, str], ...] = ()
    files: tuple[tuple[str, Path], ...] = ()
    timeout: float = 90.0
    memory: int = 2_000_000_000


def template(request: Request, seen: Scan, inline: Path) -> bytes:
    """What `helm template` prints. seen: what is in the chart. inline: what Helm's errors call the inline values. Raises Refused, Unsure, RenderError."""
    values = _merged(request, inline)
    text = json.dumps(values, ensure_ascii=False)
    if "\0" in text:
        raise Unsure("a value holds a zero byte")
    with_hooks = seen.hooks or _HOOK in text
    added = _add_numbers(request.chart, seen, values)
    schemas = _take_schemas(request.chart, seen) if request.skip_schema_validation and with_hooks else {}
    try:
        answer = _asked(
            request,
            {
                "chart": str(request.chart),
                "name": request.release,
                "namespace": request.namespace,
                "kube_version": request.kube_version,
                "api_versions": list(request.api_versions),
                "skip_schema_validation": request.skip_schema_validation,
                "values": text,
                "added": str(added.path) if added else "",
                "crds": not request.skip_crds,
                "hooks": with_hooks,
                "order": installorder.HELM,
                "tests": not request.skip_tests,
            },
        )
    finally:
        if added:
            shutil.rmtree(added.top)
        for file, content in schemas.items():
            file.write_bytes(content)
    if "unsure" in answer:
        raise Unsure(answer["unsure"])
    crds = "".join(f"---\n# Source: {each['filename']}\n{each['data']}\n" for each in answer["crds"])
    printed = f"{(crds + answer['manifest']).strip(_SPACE)}\n"
    for path, document in answer["hooks"]:
        printed += f"---\n# Source: {path}\n{document}\n"
    return printed.encode("utf-8", "surrogateescape")


def _asked(request: Request, wanted: dict[str, Any]) -> dict[str, Any]:
    answer = ask(wanted, request.timeout, request.memory)
    if "error" in answer:
        raise Refused(answer["error"])
    return answer


def _merged(request: Request, inline: Path) -> dict[str, Any]:
    """All values, as helm's MergeValues (pkg/cli/values/options.go)."""
    named: list[tuple[Path, str]] = []
    for file in request.value_files:
        try:
            named.append((file, file.read_bytes().decode("utf-8")))
        except UnicodeDecodeError:
            raise Unsure("a values file is not UTF-8") from None
    if request.values:
        named.append((inline, request.values))
    values: dict[str, Any] = {}
    for (file, _), read in zip(named, _read(request, [text for _, text in named]), strict=True):
        if "error" in read:
            raise Refused(f"failed to parse {file}: {read['error']}")
        values = _over(values, json.loads(read["value"]) or {})
    try:
        for as_text in (False, True):
            for forced, expression in request.sets:
                if forced is as_text:
                    set_into(expression, values, as_text=as_text)
    except Wrong as error:
        raise Refused(f"failed parsing --set{'-string' if as_text else ''} data: {error}") from None
    try:
        for name, file in request.files:
            set_file_into(name, file.read_bytes().decode("utf-8"), values)
    except Wrong as error:
        raise Refused(f"failed parsing --set-file data: {error}") from None
    except UnicodeDecodeError:
        raise Unsure("a file of fileParameters is not UTF-8") from None
    return values


def _read(request: Request, texts: Sequence[str]) -> list[dict[str, str]]:
    if not texts:
        return []
    for text in texts:
        if "\0" in text:
            raise Unsure("a values file holds a zero byte")
        # The program merges the documents of a file, the library reads the first one.
        if len([part for part in re.split(r"(?m)^---", text) if re.search(r"(?m)^[^#\s]", part)]) > 1:
            raise Unsure("a values file holds several documents")
    found: list[dict[str, str]] = _asked(request, {"texts": list(texts)})["values"]
    return found


def _over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(below)
    for key, value in above.items():
        there = made.get(key)
        made[key] = _over(there, value) if isinstance(value, dict) and isinstance(there, dict) else value
    return made


@dataclass(frozen=True, slots=True)
class _Added:
    """A template of ours. path: from the chart's folder. top: the outermost folder that was made for it."""

    path: Path
    top: Path


def _add_numbers(chart: Path, seen: Scan, values: Mapping[str, Any]) -> _Added | None:
    """Adds the template that makes int64 of what `--set` gave as such, rendered before all others (the deepest come first:
    helm, pkg/engine/engine.go: sortTemplates). None where there is nothing to set."""
    lines = list(_settings(values, ()))
    if not lines:
        return None
    if seen.imports:
        raise Unsure("a parameter sets a number, and the chart imports values of its dependencies")
    # Globals are copied into each dependency before any template runs.
    if (seen.charts or seen.archives) and _holds_int(values.get("global")):
        raise Unsure("a parameter sets a global number, and the chart has dependencies")
    depth = seen.depth + (40 if seen.archives else 0)
    place = Path("templates", *["z"] * (depth + 1), "z.yaml")
    top = chart / place.parts[0]
    for part in place.parts[1:]:
        if not os.path.lexists(top):
            break
        top = top / part
    try:
        (chart / place).parent.mkdir(parents=True, exist_ok=True)
        (chart / place).write_text("".join(lines), encoding="utf-8")
    except OSError:
        raise Unsure("its templates folder can't be written to") from None
    return _Added(place, top)


def _take_schemas(chart: Path, seen: Scan) -> dict[Path, bytes]:
    """Takes the schemas of values away: the library's second look, for hooks, has no option for that."""
    if seen.archives:
        raise Unsure("skipSchemaValidation, and the chart holds others as archives")
    found = {file: file.read_bytes() for file in chart.rglob("values.schema.json") if file.is_file()}
    for file in found:
        file.unlink()
    return found


def _settings(values: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _settings(value, (*above, key))
        elif _holds_int(value):
            target = f"(index .Values {' '.join(map(_text, above))})" if above else ".Values"
            yield f"{{{{- $_ := set {target} {_text(key)} {_literal(value)} -}}}}"


def _holds_int(value: Any) -> bool:
    if isinstance(value, Int):
        return True
    if isinstance(value, dict):
        return any(map(_holds_int, value.values()))
    return isinstance(value, list) and any(map(_holds_int, value))


def _literal(value: Any) -> str:
    """A value as an expression of a template; plain numbers are float64, as JSON has them."""
    if value is None:
        return "(fromJson `{}`).x"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Int):
        return f"(int64 {_text(str(value))})"
    if isinstance(value, int | float):
        return f"(float64 {_text(json.dumps(value))})"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"(list {' '.join(map(_literal, value))})"
    return f"(dict {' '.join(f'{_text(key)} {_literal(each)}' for key, each in value.items())})"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
