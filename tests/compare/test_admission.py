"""A real API server's admission that changes a field: no drift that never goes away, and told as what it is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.compare import compare, confirm
from gitops_tui.model.drift import DriftKind
from tests.compare.server import Server
from tests.support.waiting import until

pytestmark = pytest.mark.real

_ROOT = "/apis/admissionregistration.k8s.io/v1"
_APPLY = "application/apply-patch+yaml"


def config(a: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"forced": "git", "a": a}}


@pytest.fixture
def hooked(real_kubeconfig: Path) -> Iterator[Server]:
    """A namespace in which every ConfigMap's `forced` becomes "hook"."""
    name = f"hook-{uuid.uuid4().hex[:8]}"
    server = Server(real_kubeconfig, name)
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}
    expression = 'Object{data: {"forced": "hook"}}'
    policy = {
        "reinvocationPolicy": "Never",
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [rule],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
        },
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
    }
    made = {
        f"/api/v1/namespaces/{name}": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        f"{_ROOT}/mutatingadmissionpolicies/{name}": {**head, "kind": "MutatingAdmissionPolicy", "spec": policy},
        f"{_ROOT}/mutatingadmissionpolicybindings/{name}": {
            **head,
            "kind": "MutatingAdmissionPolicyBinding",
            "spec": {"policyName": name},
        },
    }
    for path, obj in made.items():
        server.ask("PATCH", f"{path}?fieldManager=test&force=true", obj, _APPLY)
    try:
        yield server
    finally:
        for path in reversed(made):
            server.ask("DELETE", path)


def test_what_admission_changes_is_no_drift_and_is_told(hooked: Server) -> None:
    until(lambda: hooked.apply(config("1"))["data"]["forced"] == "hook")
    live = hooked.get(config("1"))
    local = compare(config("1"), live)
    assert [each.path for each in local.differences] == ["data.forced"]
    settled = confirm(local, live, hooked.apply(config("1"), dry_run=True), desired=config("1"))
    assert settled.kind is DriftKind.NONE
    assert [each.note for each in settled.hidden] == [
        "the cluster's admission changes this field to hook, which the cluster has"
    ]
    changed = compare(config("2"), live)
    settled = confirm(changed, live, hooked.apply(config("2"), dry_run=True), desired=config("2"))
    assert [each.path for each in settled.differences] == ["data.a"]
