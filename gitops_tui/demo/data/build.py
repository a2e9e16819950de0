"""Makes what the embedded cluster ships of a real API server. Run by hand, with a server that has no custom resources:

    python -m gitops_tui.demo.data.build KUBECONFIG API APIMACHINERY APIEXTENSIONS

The last three are checkouts of kubernetes/api, kubernetes/apimachinery and kubernetes/apiextensions-apiserver. Made are
`openapi.json.xz` (all definitions with their descriptions, read only when somebody asks for OpenAPI), `server.json.gz`
(discovery, the columns of tables, and what Go's structs do with empty fields, which OpenAPI doesn't tell).
"""

from __future__ import annotations

import gzip
import lzma
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).parent
OPENAPI, SERVER = HERE / "openapi.json.xz", HERE / "server.json.gz"
_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r'^\s*(\w+)\s+(\S+)\s+`[^`]*?json:"([^"]*)"', re.MULTILINE)
_NAMED = re.compile(r'^\s*([\w.]+)\s+`[^`]*?json:"(\w+)([^"]*)"', re.MULTILINE)
_WIRE = re.compile(r'^\s*(?:\w+\s+\S+\s+)?`json:"(\w+)[^"]*"[^`]*?protobuf:"\w+,(\d+)', re.MULTILINE)
_WIRE_NAMED = re.compile(r'^\s*[\w.]+\s+`json:"(\w+)[^"]*"[^`]*?protobuf:"\w+,(\d+)', re.MULTILINE)
_WIRE_INLINE = re.compile(r'^\s*(\w+)\s+`json:"(?:,inline)?"[^`]*?protobuf:"\w+,(\d+)', re.MULTILINE)
_INLINE = re.compile(r'^\s*(\w+)\s+`[^`]*?json:"(?:,inline)?"', re.MULTILINE)
_ALIAS = re.compile(r"^type (\w+) (string|bool|int32|int64|map\[\S+|\[\]\S+)$", re.MULTILINE)
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_BASIC = {"string", "bool", "int", "int32", "int64", "float64", "byte", "uint8"}
_SCALAR_NAMES = {"types.UID", "v1.Duration", "metav1.Duration"}


def _code(go: str, options: list[str], scalars: set[str], collections: set[str]) -> str:
    """One letter: p pointer, c collection, v scalar, s struct, z struct that goes when it is empty; large where it is
    written though it is empty."""
    bare = go.rpartition(".")[2]
    if go.startswith("*"):
        letter = "p"
    elif go.startswith(("[]", "map[")) or bare in collections:
        letter = "c"
    elif go in _BASIC or go in _SCALAR_NAMES or bare in scalars:
        letter = "v"
    else:
        letter = "z" if "omitzero" in options else "s"
    return letter if letter == "z" or "omitempty" in options else letter.upper()


def _go_files(api: Path, machinery: Path, extensions: Path) -> list[tuple[str, str, Path]]:
    """(package as definitions name it, its last part, file)"""
    files = [
        (f"io.k8s.api.{each.parent.parent.name}.{each.parent.name}", each.parent.name, each)
        for each in sorted(api.glob("*/*/types.go"))
    ]
    files.append(("io.k8s.apimachinery.pkg.apis.meta.v1", "v1", machinery / "pkg/apis/meta/v1/types.go"))
    package, folder = (
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
        extensions / "pkg/apis/apiextensions/v1",
    )
    files += [(package, "v1", folder / name) for name in ("types.go", "types_jsonschema.go")]
    return files


def wire(files: list[tuple[str, str, Path]]) -> dict[str, dict[str, str]]:
    """Definition name -> number on the wire -> field, or `+` and the name of a struct whose fields stand here."""
    made: dict[str, dict[str, str]] = {}
    for package, _, file in files:
        for name, body in _STRUCT.findall(file.read_text()):
            numbers = {number: field for field, number in _WIRE.findall(body) + _WIRE_NAMED.findall(body)}
            numbers |= {number: f"+{package}.{other}" for other, number in _WIRE_INLINE.findall(body)}
            if numbers:
                made[f"{package}.{name}"] = numbers
    return made


def go_structs(files: list[tuple[str, str, Path]]) -> dict[str, dict[str, str]]:
    """Definition name -> field -> letter and Go type."""
    scalars: set[str] = set()
    collections: set[str] = set()
    for _, _, file in files:
        for name, below in _ALIAS.findall(file.read_text()):
            (scalars if below in _BASIC else collections).add(name)
    made: dict[str, dict[str, str]] = {}
    inlined: dict[str, list[str]] = {}
    for package, alias, file in files:
        for name, body in _STRUCT.findall(file.read_text()):
            fields: dict[str, str] = {}
            for _, go, tag in _FIELD.findall(body):
                json_name, *options = tag.split(",")
                if not json_name or json_name == "-":
                    continue
                spelled = re.sub(r"\bmetav1\.|\bapiv1\.|\bcore\.|\bcorev1\.", "v1.", go.lstrip("*"))
                if re.fullmatch(r"(\[\]|map\[string\])?[A-Z]\w*", spelled):
                    spelled = re.sub(r"([A-Z]\w*)$", rf"{alias}.\1", spelled)
                fields[json_name] = _code(go, options, scalars, collections) + spelled
            for go, json_name, options in _NAMED.findall(body):  # embedded, with a name of its own: metadata
                fields[json_name] = _code(go, options.split(","), scalars, collections) + f"v1.{go.rpartition('.')[2]}"
            inlined[f"{package}.{name}"] = [f"{package}.{go}" for go in _INLINE.findall(body)]
            made[f"{package}.{name}"] = fields
    for name, below in inlined.items():
        for other in below:
            made[name] = {**made.get(other, {}), **made[name]}
    return {name: fields for name, fields in made.items() if fields}


def build(kubeconfig: str, api: str, machinery: str, extensions: str) -> None:
    def raw(path: str) -> Any:
        line = ["kubectl", "--kubeconfig", kubeconfig, "get", "--raw", path]
        return orjson.loads(subprocess.run(line, check=True, capture_output=True).stdout)

    def with_accept(path: str, accept: str) -> Any:
        import ssl
        import urllib.request

        import yaml

        config = yaml.safe_load(Path(kubeconfig).read_text())
        server = config["clusters"][0]["cluster"]["server"]
        headers = {"Authorization": "Bearer " + config["users"][0]["user"]["token"], "Accept": accept}
        context = ssl._create_unverified_context()  # noqa: S323 - a cluster on this machine
        request = urllib.request.Request(server + path, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, context=context) as answer:  # noqa: S310
            return orjson.loads(answer.read())

    definitions: dict[str, Any] = {}
    for path in sorted(raw("/openapi/v3")["paths"]):
        for name, schema in ((raw(f"/openapi/v3/{path}").get("components") or {}).get("schemas") or {}).items():
            kept = dict(schema)
            definitions.setdefault(name, kept)
    discovery = {"api": with_accept("/api", _AGGREGATED), "apis": with_accept("/apis", _AGGREGATED)}
    columns: dict[str, Any] = {}
    for root, found in discovery.items():
        for group in found["items"]:
            for version in group["versions"]:
                base = (
                    f"/{root}/{version['version']}"
                    if root == "api"
                    else f"/apis/{group['metadata']['name']}/{version['version']}"
                )
                for resource in version["resources"]:
                    if "list" not in resource["verbs"]:
                        continue
                    table = with_accept(f"{base}/{resource['resource']}?limit=1", _TABLE)
                    name = f"{group['metadata'].get('name', '')}/{version['version']}/{resource['resource']}"
                    columns[name] = [
                        [each["name"], each["type"], each["format"], each["description"], each["priority"]]
                        for each in table["columnDefinitions"]
                    ]
    files = _go_files(Path(api), Path(machinery), Path(extensions))
    go = go_structs(files)
    go = {name: fields for name, fields in go.items() if name in definitions}
    version = raw("/version")
    server = {"version": version, "discovery": discovery, "columns": columns, "go": go, "wire": wire(files)}
    sort = orjson.OPT_SORT_KEYS
    SERVER.write_bytes(gzip.compress(orjson.dumps(server, option=sort), 9, mtime=0))
    OPENAPI.write_bytes(lzma.compress(orjson.dumps(definitions, option=sort), preset=9))


if __name__ == "__main__":
    build(*sys.argv[1:])
