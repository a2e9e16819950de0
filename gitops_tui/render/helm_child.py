"""Renders charts by Helm's own code (the package `helm-python-sdk`); run as a program of its own by `helmlibrary.py`, so that
a template without an end can be stopped and its memory is bounded.

Answers one request after another: eight bytes of length, then JSON, on standard input and output. Imports nothing of this
package: it has to start fast, and runs isolated. It ends when its standard input does.
"""

import json
import os
import queue
import re
import resource
import sys
import threading
from typing import Any, BinaryIO

_MOST_ANSWER = 100_000_000
_HOOK = "helm.sh/hook"
_SEPARATOR = re.compile(r"(?:\A|[\t\n\f\r ]*\n)---[\t\n\f\r ]*")
_SPACE = " \t\n\v\f\r\x85\xa0"
_EVENTS = {
    *("pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade"),
    *("pre-rollback", "post-rollback", "test", "test-success"),
}


def main() -> int:
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What Helm itself may print must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    from helm_python import Chart, HelmError, _native

    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, requests), daemon=True).start()
    while True:
        request = json.loads(requests.get())
        try:
            answer = _values(request, _native, HelmError) if "texts" in request else _render(request, _native, Chart)
        except HelmError as error:
            answer = {"error": str(error)}
        data = json.dumps(answer).encode()
        if len(data) > _MOST_ANSWER:
            data = json.dumps({"error": f"it renders to more than {_MOST_ANSWER} bytes"}).encode()
        answers.write(len(data).to_bytes(8, "big") + data)
        answers.flush()


def _read(source: BinaryIO, requests: "queue.SimpleQueue[bytes]") -> None:
    while True:
        head = source.read(8)
        data = source.read(int.from_bytes(head, "big")) if len(head) == 8 else b""
        if not data:
            os._exit(0)  # who asked is gone, whatever is being rendered
        requests.put(data)


def _values(request: dict[str, Any], native: Any, failed: type[Exception]) -> dict[str, Any]:
    """Each of `texts` as Helm reads a values file."""
    made: list[dict[str, Any]] = []
    for text in request["texts"]:
        try:
            made.append({"value": native.call_string("helm_values_from_yaml", text)})
        except failed as error:
            made.append({"error": str(error)})
    return {"values": made}


def _render(request: dict[str, Any], native: Any, kind: Any) -> dict[str, Any]:
    with kind.load(request["chart"]) as chart:
        metadata = chart.metadata
        if refusal := _refusal(metadata, chart):
            return {"error": refusal}
        if request["added"] and request["added"] not in {each["name"] for each in chart.templates}:
            return {"unsure": "its .helmignore leaves out what it shouldn't"}
        common = {name: request[name] for name in ("namespace", "kube_version", "api_versions") if request[name]}
        options = {**common, "dry_run": "client", "skip_schema_validation": request["skip_schema_validation"]}
        config = native.HANDLE(
            native.call_handle(
                "helm_config_new", json.dumps({"storage_driver": "memory", "namespace": request["namespace"]})
            )
        )
        try:
            # The same steps as `helm template`; it also leaves the chart with its dependencies worked out.
            release = json.loads(
                native.call_string(
                    "helm_install",
                    config,
                    native.HANDLE(0),
                    chart._raw(),
                    None,
                    request["name"],
                    request["values"],
                    json.dumps(options),
                )
            )
        finally:
            native.call_status("helm_config_free", config)
        answer: dict[str, Any] = {"manifest": release.get("manifest", ""), "crds": [], "hooks": []}
        if request["crds"]:
            answer["crds"] = chart.crds
        if request["hooks"]:
            # A release keeps its hooks apart, and the library doesn't give them.
            options = {**common, "name": request["name"]}
            rendered = native.call_string("helm_render", chart._raw(), request["values"], json.dumps(options))
            answer["hooks"] = _hooks(json.loads(rendered), request, native)
        return answer


def _hooks(files: dict[str, str], request: dict[str, Any], native: Any) -> list[tuple[str, str]]:
    """(template, document) of each hook in the program's order (helm, pkg/release/v1/util/manifest_sorter.go)."""
    tests, places = request["tests"], {kind: place for place, kind in enumerate(request["order"])}
    found: list[tuple[str, str, str]] = []
    # Go sorts by the bytes of the text.
    for path in sorted(files, key=lambda each: each.encode("utf-8", "surrogateescape")):
        text = files[path]
        if _HOOK not in text or path.endswith("NOTES.txt") or path.rsplit("/", 1)[-1].startswith("_"):
            continue
        for part in _SEPARATOR.split(text.lstrip(_SPACE)):
            if _HOOK not in part:
                continue
            document = part.lstrip(_SPACE)
            content = json.loads(native.call_string("helm_values_from_yaml", document)) or {}
            hook = ((content.get("metadata") or {}).get("annotations") or {}).get(_HOOK)
            events = {each.strip().lower() for each in hook.split(",")} if isinstance(hook, str) else {""}
            if events <= _EVENTS and (tests or not events & {"test", "test-success"}):
                found.append((str(content.get("kind") or ""), path, document))
    found.sort(key=lambda each: (places.get(each[0], len(places)), "" if each[0] in places else each[0]))
    return [(path, document) for _, path, document in found]


def _refusal(metadata: dict[str, Any], chart: Any) -> str:
    """What the program looks at before it renders (helm, pkg/cmd/install.go: runInstall)."""
    if metadata.get("type") not in (None, "", "application"):
        return f"{metadata['type']} charts are not installable"
    there = {each.get("name") for each in chart.dependencies} if metadata.get("dependencies") else set()
    missing = [str(each.get("name")) for each in metadata.get("dependencies") or () if each.get("name") not in there]
    if missing:
        return (
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch "
            f"missing dependencies: found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}"
        )
    return ""


if __name__ == "__main__":
    sys.exit(main())
