"""Custom resources: the general rules, the language of the table, and well-known kinds that Argo CD has no rules for."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.health import assess
from gitops_tui.health.rules import RuleError, apply, parse
from gitops_tui.health.table import PATTERNS, TABLE
from gitops_tui.model.health import HealthStatus


def widget(*conditions: tuple[str, ...], generation: int = 1, spec: Any = None, **status: Any) -> dict[str, Any]:
    """A kind that nothing is known of. A condition: type, status, reason, message."""
    names = ("type", "status", "reason", "message")
    found = [dict(zip(names, each, strict=False)) for each in conditions]
    return {
        "apiVersion": "example.org/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "generation": generation},
        "spec": spec or {},
        "status": {**status, **({"conditions": found} if found else {})},
    }


@pytest.mark.parametrize(
    ("obj", "status", "message"),
    [
        (widget(), "Healthy", ""),
        (widget(("Ready", "True"), generation=3, observedGeneration=2), "Progressing", "its controller has not seen the latest change yet"),
        (widget(("Ready", "True", "Ok", "all is well")), "Healthy", "all is well"),
        (widget(("Ready", "False", "Broken", "no disk")), "Degraded", "no disk"),
        (widget(("Ready", "False", "Provisioning", "soon")), "Progressing", "soon"),
        (widget(("Ready", "Unknown")), "Progressing", "Ready is Unknown"),
        (widget(("Ready", "False", "X"), ("Stalled", "True", "Y", "stuck")), "Degraded", "stuck"),
        (widget(("Reconciling", "True", "Progressing", "at it"), ("Ready", "False", "Progressing")), "Progressing", "at it"),
        (widget(("Reconciling", "True", "ProgressingWithRetry"), ("Ready", "False", "BuildFailed", "no")), "Degraded", "no"),
        (widget(("Ready", "True"), ("Synced", "False", "ReconcileError", "denied")), "Degraded", "denied"),
        (widget(("Synced", "False", "ReconcilePaused")), "Suspended", "ReconcilePaused"),
        (widget(("Available", "True"), ("Degraded", "True", "", "two of three")), "Degraded", "two of three"),
        (widget(("DatabaseReady", "False", "ConnectionRefused", "refused")), "Degraded", "refused"),
        (widget(("Ready", "True"), ("Accepted", "False", "Invalid", "no such class")), "Degraded", "no such class"),
        (widget(("ResourcesApplied", "False", "RemoteClientFailed", "no answer")), "Degraded", "no answer"),
        (widget(("DiskPressure", "False", "KubeletHasNoDiskPressure"), ("Ready", "True")), "Healthy", ""),
        (widget(("Initialized", "True"), phase="Failed"), "Degraded", "phase: Failed"),
        (widget(("Available", "True"), ("Progressing", "True", "NewReplicaSetAvailable")), "Healthy", ""),
        (widget(("Progressing", "True", "", "at it")), "Progressing", "at it"),
        (widget(failureMessage="the machine is gone"), "Degraded", "the machine is gone"),
        (widget(healthy=False), "Degraded", "healthy is false"),
        (widget(ready=False), "Progressing", "ready is false"),
        (widget(parents=[{"conditions": [{"type": "Accepted", "status": "False", "reason": "NotAllowed", "message": "no"}]}]), "Degraded", "no"),
        (widget(spec={"suspend": True}, phase="Running"), "Suspended", "Widget is suspended"),
        (widget(phase="Running"), "Healthy", ""),
        (widget(phase="Failed", message="no quota"), "Degraded", "no quota"),
        (widget(state="UPGRADE_FAILED"), "Degraded", "state: UPGRADE_FAILED"),
        (widget(phase="Rebalancing"), "Progressing", "phase: Rebalancing"),
        (widget(replicas=3, readyReplicas=1), "Progressing", "1 of 3 replicas are ready"),
        (widget(note="nothing to go by"), "Healthy", ""),
    ],
)  # fmt: skip
def test_a_kind_that_nothing_is_known_of(obj: dict[str, Any], status: str, message: str) -> None:
    found = assess(obj)
    assert (found.status.value, found.message) == (status, message)


def other(api_version: str, kind: str, spec: Any = None, **status: Any) -> dict[str, Any]:
    metadata = {"name": "x", "generation": 1}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec or {}, "status": status}


@pytest.mark.parametrize(
    ("obj", "status"),
    [
        (other("velero.io/v1", "Backup", phase="Completed"), "Healthy"),
        (other("velero.io/v1", "Backup", phase="InProgress"), "Progressing"),
        (other("velero.io/v1", "Backup", phase="PartiallyFailed"), "Degraded"),
        (other("velero.io/v1", "BackupStorageLocation", phase="Unavailable"), "Degraded"),
        (other("velero.io/v1", "Schedule", {"paused": True}, phase="New"), "Suspended"),
        (other("longhorn.io/v1beta2", "Volume", state="attached", robustness="healthy"), "Healthy"),
        (other("longhorn.io/v1beta2", "Volume", state="attached", robustness="degraded"), "Degraded"),
        (other("longhorn.io/v1beta2", "Volume", state="attaching", robustness="unknown"), "Progressing"),
        (other("acme.cert-manager.io/v1", "Order", state="pending"), "Progressing"),
        (other("acme.cert-manager.io/v1", "Challenge", state="invalid", reason="DNS"), "Degraded"),
        (other("networking.istio.io/v1", "VirtualService"), "Healthy"),
        (other("monitoring.coreos.com/v1", "ServiceMonitor"), "Healthy"),
        (other("operators.coreos.com/v1alpha1", "ClusterServiceVersion", phase="Installing"), "Progressing"),
        (other("gateway.networking.k8s.io/v1", "HTTPRoute"), "Progressing"),
        (other("postgresql.cnpg.io/v1", "Backup", phase="failed"), "Degraded"),
        (other("argoproj.io/v1alpha1", "Application", health={"status": "Missing"}), "Missing"),
        (other("database.example.crossplane.io/v1", "Instance"), "Progressing"),
        (other("source.toolkit.fluxcd.io/v1", "GitRepository", {"suspend": True}), "Suspended"),
    ],
)
def test_a_well_known_kind(obj: dict[str, Any], status: str) -> None:
    assert assess(obj).status.value == status


def test_a_condition_that_speaks_of_an_older_generation_waits_for_its_controller() -> None:
    obj = widget(("Ready", "True"), generation=2)
    obj["status"]["conditions"][0]["observedGeneration"] = 1
    assert assess(obj).message == "its controller has not seen the latest change yet"


@pytest.mark.parametrize("place", [*TABLE, *PATTERNS])
def test_each_line_of_the_table_is_a_rule_and_ends_with_a_status(place: str) -> None:
    rules = parse((TABLE | PATTERNS)[place])
    assert not rules[-1].tests
    assert place.count("/") == 1


@pytest.mark.parametrize("text", ["", "Fine", "Healthy if ", "Healthy if =x", "Healthy if not ", "Healthy if .a<b"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Healthy if .a=x|y", "Healthy"),
        ("Healthy if .a=z*; Degraded", "Degraded"),
        ("Healthy if .list[].n=2", "Healthy"),
        ("Healthy if .map.*.n=3", "Healthy"),
        ("Healthy if .list[].n>2", "Healthy"),
        ("Healthy if .list[].n<.map.*.n; Degraded", "Degraded"),
        ("Healthy if .a=.b", "Healthy"),
        ("Healthy if .a=.nothing; Degraded", "Degraded"),
        ("Healthy if not .nothing=.neither", "Healthy"),
        ('Healthy if metadata.labels["a.b/c"]=on', "Healthy"),
        ("Healthy if .inside[]/Ok=True", "Healthy"),
        ("Healthy if Ok=True(Fi*)", "Healthy"),
        ("Healthy if Ok=True(Other); Degraded", "Degraded"),
        ("Healthy if Ok and not Bad", "Healthy"),
        ("Healthy if lag; Degraded", "Degraded"),
        ("Healthy if nostatus", "Progressing"),
    ],
)
def test_a_rule_in_words(text: str, status: str) -> None:
    obj = {
        "metadata": {"generation": 1, "labels": {"a.b/c": "on"}},
        "status": {
            "a": "x",
            "b": "x",
            "list": [{"n": 1}, {"n": 2}, "odd"],
            "map": {"one": {"n": 3}, "two": 5},
            "inside": [{"conditions": [{"type": "Ok", "status": "True"}]}],
            "conditions": [{"type": "Ok", "status": "True", "reason": "Fine"}, "odd"],
        },
    }
    assert apply(parse(text), obj).status == HealthStatus(status)
