"""The same random writes on the embedded cluster and on a real API server: the same objects, owners and refusals.

GITOPS_TUI_TEST_FUZZ=N runs N sequences (300 without it), GITOPS_TUI_TEST_FUZZ_SEED another seed. A sequence that the two
answer differently is made as short as it can be and printed.
"""

from __future__ import annotations

import itertools
import json
import os
import uuid
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from tests.conformance.api_client import Answer, Client
from tests.conformance.case_steps import APPLY, Step
from tests.conformance.cases_custom import crd
from tests.conformance.fuzz_objects import KINDS, Write, a_sequence, merged, where
from tests.conformance.normal import normal
from tests.support.waiting import until

SEQUENCES = int(os.environ.get("GITOPS_TUI_TEST_FUZZ") or 300)
SEED = int(os.environ.get("GITOPS_TUI_TEST_FUZZ_SEED") or 7)


@dataclass(slots=True)
class Server:
    """One of the two, with a namespace and the definition of widgets for the run."""

    client: Client
    namespace: str
    numbers: Any = field(default_factory=itertools.count)

    def open(self) -> None:
        self._send("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$NS"}})
        self._send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd())
        widgets = "/apis/$NS.example.com/v1/namespaces/$NS/widgets"
        until(lambda: self._send("GET", widgets).status == 200)

    def close(self) -> None:
        self._send("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.$NS.example.com")
        self._send("DELETE", "/api/v1/namespaces/$NS")

    def _send(self, method: str, path: str, body: Any = None, kind: str = "application/json", name: str = "") -> Answer:
        text = None if body is None else json.dumps(body).replace("$NS", self.namespace).replace("$NAME", name).encode()
        path = path.replace("$NS", self.namespace).replace("$NAME", name)
        return self.client.send(method, path, text, headers={"Content-Type": kind} if text is not None else {})

    def answers(self, kind: str, writes: list[Write]) -> list[Any]:
        """What each write was answered, made comparable; the object is deleted after them."""
        name, path = f"o{next(self.numbers)}", where(kind)
        told = []
        for write in writes:
            body, query = write.body, f"?fieldManager={write.manager}"
            if write.method == "PUT":
                found = self._send("GET", path, name=name)
                if found.status == 200:
                    body = merged(found.body, write.body)
                    if kind != "Widget":  # its controller may have written meanwhile
                        body["metadata"].pop("resourceVersion", None)
                        body["metadata"]["name"] = name
            if write.kind == APPLY and write.force:
                query += "&force=true"
            answer = self._send(write.method, path + query, body, write.kind, name)
            told.append(_comparable(answer, self.namespace, name))
        self._send("DELETE", path, name=name)
        return told


def _comparable(answer: Answer, namespace: str, name: str) -> Any:
    """A refusal by code, reason and causes; an object by all but its status."""
    found = normal(answer, Step("GET", ""), namespace, last=True)
    body = found[1]
    if answer.status >= 400:
        causes = (body.get("details") or {}).get("causes") or []
        fields = sorted({(each.get("reason", ""), each.get("field", "")) for each in causes})
        return json.loads(json.dumps([answer.status, body.get("reason"), fields]).replace(name, "$NAME"))
    body.pop("status", None)
    return json.loads(json.dumps([answer.status, body]).replace(f'"{name}"', '"$NAME"'))


def first_difference(ours: list[Any], theirs: list[Any]) -> int | None:
    return next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b), None)


def differs(demo: Server, real: Server, kind: str, writes: list[Write]) -> bool:
    return first_difference(demo.answers(kind, writes), real.answers(kind, writes)) is not None


def shrunk(demo: Server, real: Server, kind: str, writes: list[Write]) -> list[Write]:
    """As few of the writes as still are answered differently."""
    number = 0
    while number < len(writes):
        fewer = writes[:number] + writes[number + 1 :]
        if fewer and differs(demo, real, kind, fewer):
            writes = fewer
        else:
            number += 1
    return writes


def report(demo: Server, real: Server, kind: str, writes: list[Write]) -> str:
    ours, theirs = demo.answers(kind, writes), real.answers(kind, writes)
    at = first_difference(ours, theirs)
    lines = [f"{kind}:", *(f"  {number}. {write.told()}" for number, write in enumerate(writes, 1))]
    if at is not None:
        lines.append(f"  answer {at + 1} differs:")
        lines += _differences(theirs[at], ours[at], "")
    return "\n".join(lines)


def _differences(real: Any, demo: Any, path: str) -> list[str]:
    if real == demo:
        return []
    if isinstance(real, dict) and isinstance(demo, dict):
        return [
            line for key in {**real, **demo} for line in _differences(real.get(key), demo.get(key), f"{path}.{key}")
        ]
    if isinstance(real, list) and isinstance(demo, list) and len(real) == len(demo):
        return [
            line for n, (a, b) in enumerate(zip(real, demo, strict=True)) for line in _differences(a, b, f"{path}[{n}]")
        ]
    return [f"    {path}: real {json.dumps(real)}", f"    {path}: demo {json.dumps(demo)}"]


@pytest.mark.real
@pytest.mark.slow
def test_random_writes_end_alike(demo_client: Client, real_client: Client) -> None:
    name = f"f{uuid.uuid4().hex[:12]}"
    demo, real = Server(demo_client, name), Server(real_client, name)
    demo.open()
    real.open()
    random = Random(SEED)
    differing = []
    try:
        for _ in range(SEQUENCES):
            kind, writes = a_sequence(random)
            if not differs(demo, real, kind, writes):
                continue
            writes = shrunk(demo, real, kind, writes)
            found = report(demo, real, kind, writes)
            if "differs" in found:  # what doesn't differ again was a controller's write in between
                differing.append(found)
    finally:
        demo.close()
        real.close()
    assert not differing, f"{len(differing)} of {SEQUENCES} sequences differ:\n" + "\n".join(differing[:20])


def test_random_sequences_are_of_all_kinds_and_the_same_for_a_seed() -> None:
    first = [a_sequence(random) for random in [Random(SEED)] for _ in range(200)]
    again = [a_sequence(random) for random in [Random(SEED)] for _ in range(200)]
    assert first == again
    assert {kind for kind, _ in first} == set(KINDS)
