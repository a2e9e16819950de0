"""What goes wrong on the way of a sync, on both clusters: nothing is lost, the outcome is known, the object is named, and the
next sync goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import orjson
import pytest

from gitops_tui.demo.hooks import RequestInfo
from gitops_tui.demo.status import Fault
from gitops_tui.errors import GitOpsError
from gitops_tui.kube import ResourceType
from gitops_tui.kube.transport import _Answer
from gitops_tui.model.keys import GVK
from gitops_tui.model.sync import OperationPhase, ResultStatus
from tests.support.clusters import until_served
from tests.support.waiting import until_async
from tests.sync.place import CONFIGMAP, JOB, Place, Run, config_map, job

POLICY = ResourceType(
    GVK("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy"), "validatingadmissionpolicies", False
)
BINDING = ResourceType(
    GVK("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding"),
    "validatingadmissionpolicybindings",
    False,
)
NAMESPACE = ResourceType(GVK("", "v1", "Namespace"), "namespaces", False)
QUOTA = ResourceType(GVK("", "v1", "ResourceQuota"), "resourcequotas", True)
CRD = ResourceType(GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition"), "customresourcedefinitions", False)
DENIED = "c-17"
MANY = [config_map(f"c-{number:02}") for number in range(1, 31)]


async def names(place: Place) -> set[str]:
    found = await place.cluster.list(place.cluster.discovery.find(CONFIGMAP), place.namespace)
    return {each["metadata"]["name"] for each in found} - {"kube-root-ca.crt"}


def failed(run: Run) -> dict[str, str]:
    return {each.step.key.name: each.message for each in run.results if each.status is ResultStatus.FAILED}


class Denier:
    """An admission webhook of the embedded cluster. why(name, how often it came): "" where it may pass."""

    def __init__(self, why: Callable[[str, int], str]) -> None:
        self.why = why
        self.seen: Counter[str] = Counter()

    def admit(self, obj: Any, old: Any, operation: str, info: RequestInfo) -> Any:
        if info.resource == "configmaps" and operation != "DELETE" and obj is not None:
            name = obj["metadata"]["name"]
            self.seen[name] += 1
            if why := self.why(name, self.seen[name]):
                raise Fault(403, "Forbidden", f'admission webhook "no.example.com" denied the request: {why}')
        return obj


@asynccontextmanager
async def denying(place: Place, *, in_earnest: bool) -> AsyncIterator[None]:
    """One object is denied; in_earnest: its dry run still passes."""
    if place.demo is not None:
        place.demo.admission = Denier(
            lambda name, times: "not on a Friday" if name == DENIED and times > in_earnest else ""
        )
        try:
            yield
        finally:
            place.demo.admission = None
        return
    rule = f"object.metadata.name != '{DENIED}'" + (" || request.dryRun == true" if in_earnest else "")
    name = f"no-{place.namespace}"
    scope = {"matchLabels": {"kubernetes.io/metadata.name": place.namespace}}
    resources = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    api = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [resources], "namespaceSelector": scope},
        "validations": [
            {"expression": rule, "message": "not on a Friday"},
            {"expression": "object.metadata.name != 'probe'", "message": "it is on"},
        ],
    }
    try:
        await place.cluster.apply({**api, "kind": POLICY.gvk.kind, "spec": spec})
        await place.cluster.apply(
            {**api, "kind": BINDING.gvk.kind, "spec": {"policyName": name, "validationActions": ["Deny"]}}
        )

        async def is_on() -> bool:
            try:
                probe = {**config_map("probe"), "metadata": {"name": "probe", "namespace": place.namespace}}
                await place.cluster.create(probe, dry_run=True)
            except GitOpsError as error:
                return "it is on" in error.message
            return False

        await until_async(is_on)
        yield
    finally:
        for kind in (BINDING, POLICY):
            await place.cluster.delete(kind, "", name, propagation="Background")


async def once_it_is_off(place: Place) -> Run:
    """Another sync, once the API server no longer denies (a policy that was deleted holds for a moment more)."""

    async def passes() -> bool:
        plan, _ = await place.plan(MANY)
        wanted = next((each for each in MANY if each["metadata"]["name"] == DENIED), None)
        assert wanted is not None
        try:
            probe = {**wanted, "metadata": {"name": DENIED, "namespace": place.namespace}}
            await place.cluster.create({**probe, "metadata": {**probe["metadata"], "name": "probe"}}, dry_run=True)
            await place.cluster.create(probe, dry_run=True)
        except GitOpsError:
            return False
        return bool(plan.steps)

    await until_async(passes)
    return await place.sync(MANY)


async def test_one_that_is_denied_keeps_all_from_being_applied(place: Place) -> None:
    async with denying(place, in_earnest=False):
        run = await place.sync(MANY)
    assert run.phase is OperationPhase.FAILED
    assert "refused for 1 of 30; nothing was applied" in run.message
    assert list(failed(run)) == [DENIED]
    assert "not on a Friday" in failed(run)[DENIED]
    assert await names(place) == set()


async def test_one_that_is_denied_in_earnest_is_named_the_rest_is_known_and_the_next_sync_goes_on(place: Place) -> None:
    late = config_map("late", wave=1)
    async with denying(place, in_earnest=True):
        run = await place.sync([*MANY, late])
    assert run.phase is OperationPhase.FAILED
    assert list(failed(run)) == [DENIED]
    assert "not on a Friday" in failed(run)[DENIED]
    assert run.said("late").status is ResultStatus.SKIPPED
    done = {each.step.key.name for each in run.results if each.status is ResultStatus.DONE}
    assert await names(place) == done
    assert len(done) == 29
    again = await once_it_is_off(place)
    assert again.phase is OperationPhase.SUCCEEDED, again.message
    assert [each.step.key.name for each in again.results] == [DENIED]


async def test_a_quota_that_is_used_up_is_said_on_each_object_and_the_next_sync_goes_on(place: Place) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": place.namespace},
        "spec": {"hard": {"count/configmaps": "12"}},
    }
    if place.demo is not None:
        let = {each["metadata"]["name"] for each in MANY[:11]}
        said = "exceeded quota: few, requested: count/configmaps=1, used: count/configmaps=12"
        place.demo.admission = Denier(lambda name, times: said if times > 1 and name not in let else "")
    else:
        await place.cluster.apply(quota)

        async def counted() -> bool:
            found = await place.cluster.get(QUOTA, place.namespace, "few")
            return bool(((found or {}).get("status") or {}).get("used"))

        await until_async(counted)
    run = await place.sync(MANY)
    assert run.phase is OperationPhase.FAILED
    refused = failed(run)
    assert refused
    assert all("exceeded quota: few" in said for said in refused.values())
    assert await names(place) == {each["metadata"]["name"] for each in MANY} - set(refused)
    if place.demo is not None:
        place.demo.admission = None
    else:
        await place.cluster.delete(QUOTA, place.namespace, "few", propagation="Background")

        async def is_gone() -> bool:
            probe = {**config_map("probe"), "metadata": {"name": "probe", "namespace": place.namespace}}
            try:
                await place.cluster.create(probe, dry_run=True)
            except GitOpsError:
                return False
            return True

        await until_async(is_gone)
    again = await place.sync(MANY)
    assert again.phase is OperationPhase.SUCCEEDED, again.message
    assert {each.step.key.name for each in again.results} == set(refused)


# --- on the way to the API server -------------------------------------------------------------------------------------


class Wire:
    """Between the transport and the API server: `before` may answer in its place, `after` may lose its answer."""

    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self._send = place.cluster.transport._send
        self.before: Callable[[str, str], _Answer | None] = lambda *_: None
        self.after: Callable[[str, str], bool] = lambda *_: False
        self.sent: Counter[str] = Counter()
        monkeypatch.setattr(place.cluster.transport, "_send", self.send)

    async def send(self, session: Any, credentials: Any, method: str, path: str, *rest: Any) -> _Answer:
        if (answer := self.before(method, path)) is not None:
            return answer
        answer = await self._send(session, credentials, method, path, *rest)
        self.sent[f"{method} {path}"] += 1
        if self.after(method, path):
            raise aiohttp.ServerDisconnectedError
        return answer


@pytest.fixture
def wire(place: Place, monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(place, monkeypatch)


def busy() -> _Answer:
    said = {"kind": "Status", "status": "Failure", "reason": "TooManyRequests", "code": 429, "message": "too many"}
    return _Answer(429, 0.02, orjson.dumps(said), ())


async def test_a_storm_of_429_is_waited_out_as_retry_after_says_and_loses_nothing(place: Place, wire: Wire) -> None:
    left = 120

    def storm(method: str, path: str) -> _Answer | None:
        nonlocal left
        if method == "GET" or not left:
            return None
        left -= 1
        return busy()

    wire.before = storm
    run = await place.sync([job("before", hook="PreSync"), *MANY])
    assert run.phase is OperationPhase.SUCCEEDED, run.message
    assert left == 0
    assert await names(place) == {each["metadata"]["name"] for each in MANY}


async def test_a_storm_that_does_not_end_is_a_failure_that_says_so_and_the_next_sync_goes_on(
    place: Place, wire: Wire
) -> None:
    place.settings = replace(place.settings, reconnect_timeout=1.0)
    made: set[str] = set()

    def storm(method: str, path: str) -> _Answer | None:
        # From the moment on that a few objects are there.
        return busy() if method != "GET" and sum(wire.sent.values()) > 45 else None

    wire.before = storm
    run = await place.sync(MANY)
    assert run.phase is OperationPhase.FAILED
    assert failed(run)
    assert all("too many" in said.lower() for said in failed(run).values())
    made = await names(place)
    assert {each.step.key.name for each in run.results if each.status is ResultStatus.DONE} <= made
    wire.before = lambda *_: None
    again = await place.sync(MANY)
    assert again.phase is OperationPhase.SUCCEEDED, again.message
    assert len(again.results) == 30 - len(made)


async def test_answers_that_get_lost_make_nothing_twice(place: Place, wire: Wire) -> None:
    count = 0

    def lose(method: str, path: str) -> bool:
        nonlocal count
        count += method != "GET"
        return method != "GET" and count % 3 == 0

    wire.after = lose
    run = await place.sync(
        [job("before-", hook="PreSync", generate=True), *MANY, job("after-", hook="PostSync", generate=True)]
    )
    assert run.phase is OperationPhase.SUCCEEDED, run.message
    jobs = await place.cluster.list(place.cluster.discovery.find(JOB), place.namespace)
    assert len(jobs) == 2
    assert await names(place) == {each["metadata"]["name"] for each in MANY}


async def test_a_namespace_that_is_being_terminated_is_named_and_nothing_is_half_applied(place: Place) -> None:
    ending = f"{place.namespace}-ending"
    await place.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ending}})
    held = {**config_map("held"), "metadata": {"name": "held", "namespace": ending, "finalizers": ["example.com/hold"]}}
    await place.cluster.apply(held)
    await place.cluster.delete(NAMESPACE, "", ending, propagation="Background")

    async def ends() -> bool:
        found = await place.cluster.get(NAMESPACE, "", ending)
        return ((found or {}).get("status") or {}).get("phase") == "Terminating"

    try:
        await until_async(ends)
        late = config_map("late")
        late["metadata"]["namespace"] = ending
        run = await place.sync([config_map("here"), late])
        assert run.phase is OperationPhase.FAILED
        assert "refused for 1 of 2; nothing was applied" in run.message
        assert (
            f"unable to create new content in namespace {ending} because it is being terminated" in failed(run)["late"]
        )
        assert await names(place) == set()
    finally:
        await place.cluster.apply({**held, "metadata": {"name": "held", "namespace": ending, "finalizers": []}})

    async def is_gone() -> bool:
        return await place.cluster.get(NAMESPACE, "", ending) is None

    await until_async(is_gone)
    again = await place.sync([config_map("here")])
    assert again.phase is OperationPhase.SUCCEEDED, again.message


# --- kinds that never come --------------------------------------------------------------------------------------------


async def test_a_crd_that_is_never_established_is_named_with_what_it_says(place: Place) -> None:
    place.settings = replace(place.settings, wave_timeout=3.0)
    group = f"{place.namespace}.example.com"

    def crd(plural: str) -> dict[str, Any]:
        schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {
                "group": group,
                "names": {"kind": "Widget", "listKind": "WidgetList", "plural": plural, "singular": plural[:-1]},
                "scope": "Namespaced",
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
            },
        }

    try:
        await place.cluster.apply(crd("widgets"))
        await until_served(place.cluster, GVK(group, "v1", "Widget"))
        # The kind is taken: the second one can never serve it.
        run = await place.sync([crd("gadgets"), config_map("after", wave=1)])
        assert run.phase is OperationPhase.FAILED
        assert f"gadgets.{group}" in run.message
        assert "not established" in run.message
        assert "already in use" in run.message
        assert run.said("after").status is ResultStatus.SKIPPED
        assert await names(place) == set()
    finally:
        for plural in ("gadgets", "widgets"):
            await place.cluster.delete(CRD, "", f"{plural}.{group}", propagation="Background")


# --- QPS --------------------------------------------------------------------------------------------------------------


async def test_a_sync_keeps_to_the_qps_and_starves_no_look(place: Place) -> None:
    from gitops_tui.kube.pacing import Pace

    qps, burst = 60.0, 5
    transport = place.cluster.transport
    transport._pace = Pace(qps, burst)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    running = asyncio.ensure_future(place.sync(MANY))
    looks = 0
    while not running.done():
        assert await place.live(CONFIGMAP, "kube-root-ca.crt") is not False
        looks += 1
    run = await running
    assert run.phase is OperationPhase.SUCCEEDED, run.message
    # Each object is looked at, tried and applied; a machine that is busy takes longer, never less.
    assert loop.time() - begun >= (2 * len(MANY) + looks - burst - 1) / qps
    assert looks >= 5
