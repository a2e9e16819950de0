"""Both servers, and the cases run on them ahead, several at once: each lives in a namespace of its own."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.demo import DemoCluster
from tests.conformance.api_client import Client
from tests.conformance.case_steps import Case, History
from tests.conformance.normal import normal

Told = list[list[Any]]


@pytest.fixture(scope="session")
def demo_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with DemoCluster(delay=0, rbac=True) as cluster:
        yield Client(cluster.kubeconfig(tmp_path_factory.mktemp("demo") / "kubeconfig"))


@pytest.fixture(scope="session")
def real_client(real_kubeconfig: Path) -> Client:
    return Client(real_kubeconfig)


def run_case(client: Client, case: Case, made_for: list[str], *, has_accounts: bool = True) -> Told:
    """The case's answers, in a namespace that is made for it (and is the runner's to delete)."""
    namespace = f"t{uuid.uuid4().hex[:12]}"
    path = f"/api/v1/namespaces/{namespace}"
    made_for.append(path)
    made = client.send(
        "POST",
        "/api/v1/namespaces",
        b'{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"%s"}}' % namespace.encode(),
        headers={"Content-Type": "application/json"},
    )
    assert made.status == 201, made.body
    end = time.monotonic() + 120
    while has_accounts and time.monotonic() < end:  # pods are refused until the account is there
        if client.send("GET", f"{path}/serviceaccounts/default").status == 200:
            break
    history: History = []
    told: Told = []
    for number, step in enumerate(case.steps):
        answer = step.run(client, namespace, history)
        history.append(answer)
        last = number == len(case.steps) - 1
        told.append(normal(answer, step, namespace, last=last, controllers=case.controllers))
    return told


class Runner:
    """Runs what pytest has collected for one server, eight cases at once."""

    def __init__(self, client: Client, cases: list[tuple[str, Case]], *, has_accounts: bool = True) -> None:
        self._pool = ThreadPoolExecutor(8)
        self._client, self._made = client, list[str]()
        self._found: dict[str, Future[Told]] = {
            key: self._pool.submit(run_case, client, case, self._made, has_accounts=has_accounts) for key, case in cases
        }

    def told(self, key: str) -> Told:
        return self._found[key].result(120)

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        # Not before: hundreds at once keep a real server's controller from the namespaces that cases wait for.
        for path in self._made:
            self._client.send("DELETE", path)


def _collected(request: pytest.FixtureRequest, server: str) -> list[tuple[str, Case]]:
    found = []
    for item in request.session.items:
        call = getattr(item, "callspec", None)
        if call is not None and call.params.get("server") == server and "case" in call.params:
            found.append((f"{call.params['subject']}: {call.params['case'].name}", call.params["case"]))
    return found


@pytest.fixture(scope="session")
def demo_runner(demo_client: Client, request: pytest.FixtureRequest) -> Iterator[Runner]:
    runner = Runner(demo_client, _collected(request, "demo"), has_accounts=False)
    yield runner
    runner.stop()


@pytest.fixture(scope="session")
def real_runner(real_client: Client, request: pytest.FixtureRequest) -> Iterator[Runner]:
    runner = Runner(real_client, _collected(request, "real"))
    yield runner
    runner.stop()
