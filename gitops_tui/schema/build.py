"""Makes the bundled schemas out of an API server's own OpenAPI v3 documents and discovery. Run by hand:

    python -m gitops_tui.schema.build KUBECONFIG

Only what comparing and the embedded cluster need is kept: types, list and map types, merge keys, defaults, formats.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from gitops_tui.schema.openapi import trimmed

DATA = Path(__file__).parent / "data" / "kubernetes.json.gz"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


def build(kubeconfig: str) -> None:
    """Reads the server of a kubeconfig through kubectl, and writes DATA."""

    def raw(path: str) -> Any:
        line = ["kubectl", "--kubeconfig", kubeconfig, "get", "--raw", path]
        return orjson.loads(subprocess.run(line, check=True, capture_output=True).stdout)

    definitions: dict[str, Any] = {}
    kinds: list[list[Any]] = []
    for path in sorted(raw("/openapi/v3")["paths"]):
        if not (path == "api/v1" or (path.startswith("apis/") and path.count("/") == 2)):
            continue
        schemas = raw(f"/openapi/v3/{path}")["components"]["schemas"]
        group, version = ("", "v1") if path == "api/v1" else path.split("/")[1:]
        for name, schema in schemas.items():
            definitions[name] = trimmed(schema)
        served = {
            (each["group"], each["version"], each["kind"]): name
            for name, schema in schemas.items()
            for each in schema.get("x-kubernetes-group-version-kind") or []
        }
        listed = raw(f"/{path}")
        subresources: dict[str, list[str]] = {}
        for each in listed["resources"]:
            plural, _, sub = each["name"].partition("/")
            if sub:
                subresources.setdefault(plural, []).append(sub)
        for each in listed["resources"]:
            if "/" in each["name"]:
                continue
            kinds.append(
                [
                    group,
                    version,
                    each["kind"],
                    each["name"],
                    each.get("singularName", ""),
                    each["namespaced"],
                    each["verbs"],
                    each.get("shortNames") or [],
                    each.get("categories") or [],
                    sorted(subresources.get(each["name"], [])),
                    served.get((group, version, each["kind"]), ""),
                ]
            )
    definitions[_QUANTITY] = {"f": "quantity"}
    data = {"version": raw("/version")["gitVersion"], "definitions": definitions, "kinds": kinds}
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_bytes(gzip.compress(orjson.dumps(data, option=orjson.OPT_SORT_KEYS), 9, mtime=0))


if __name__ == "__main__":
    build(sys.argv[1])
