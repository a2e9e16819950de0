"""Argo Rollouts' promote, retry and abort, and Flux's suspend, resume and reconcile, written to API servers that serve these
kinds (definitions of our own, with the status as a subresource) and hold no controller of them."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.kube import Cluster
from gitops_tui.model.keys import GVK
from tests.support.clusters import on

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %(plural)s.%(group)s}
spec:
  group: %(group)s
  scope: Namespaced
  names: {plural: %(plural)s, kind: %(kind)s}
  versions:
  - name: %(version)s
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""
ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  strategy: {canary: {steps: [{setWeight: 20}, {pause: {}}]}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "registry.invalid/web:1"}]}
"""
KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: infra}
spec: {interval: 10m, path: ./infra, prune: true, sourceRef: {kind: GitRepository, name: infra}}
"""
KINDS = {
    "Rollout": ("argoproj.io", "v1alpha1", "rollouts"),
    "Kustomization": ("kustomize.toolkit.fluxcd.io", "v1", "kustomizations"),
}


def definition(kind: str) -> str:
    group, version, plural = KINDS[kind]
    return DEFINITION % {"group": group, "version": version, "plural": plural, "kind": kind}


@pytest.fixture
def served(cli):
    """Serves a kind until the test is over."""
    made: list[str] = []

    def controller(kind: str, name: str, status: dict[str, Any]) -> None:
        """What its controller would say of it."""

        async def tell(cluster: Cluster) -> None:
            group, version, _ = KINDS[kind]
            found = cluster.discovery.find(GVK(group, version, kind))
            await cluster.transport.request(
                "PATCH",
                f"{found.path(cli.namespace, name)}/status",
                body={"status": status},
                content_type="application/merge-patch+json",
            )

        on(cli.kubeconfig, tell)

    async def gone(cluster: Cluster) -> None:
        kind = cluster.discovery.find(GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition"))
        for each in made:
            group, _, plural = KINDS[each]
            await cluster.delete(kind, "", f"{plural}.{group}")

    controller.made = made  # type: ignore[attr-defined]
    yield controller
    on(cli.kubeconfig, gone)


def act(cli, what: str, name: str) -> None:
    said = cli("action", f"{cli.app}/{what}", name, "--yes")
    assert said.code == 0, said.out + said.err


def offered(cli, what: str) -> dict[str, str]:
    """What can be done, and why not."""
    listed = cli("action", cli.app, what, "-o", "json").json["actions"]
    return {each["name"]: each["refused"] for each in listed}


def test_a_rollout_is_promoted_aborted_and_tried_again_by_its_status(cli, made_repository, served) -> None:
    served.made.append("Rollout")
    files = {"crd.yaml": definition("Rollout"), "rollout.yaml": ROLLOUT}
    made_repository.commit({f"apps/{cli.app}/{name}": text for name, text in files.items()})
    done = cli("sync", cli.app, "--yes")
    assert done.code == 0, done.out + done.err

    def status() -> dict[str, Any]:
        return cli.live("argoproj.io/v1alpha1", "Rollout", "web").get("status") or {}

    assert offered(cli, "Rollout/web")["promote"] == "it is not paused at a step"
    paused = {"phase": "Paused", "currentStepIndex": 1, "observedGeneration": "1"}
    waits = [{"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}]
    served("Rollout", "web", {**paused, "pauseConditions": waits})
    assert offered(cli, "Rollout/web")["promote"] == ""
    act(cli, "Rollout/web", "promote")
    assert status() == paused, "the pause is over, nothing else has changed"
    act(cli, "Rollout/web", "abort")
    assert status()["abort"] is True
    assert {"abort", "retry"} & offered(cli, "Rollout/web").keys() == {"retry"}
    act(cli, "Rollout/web", "retry")
    assert status()["abort"] is False
    act(cli, "Rollout/web", "promote-full")
    assert status()["promoteFull"] is True
    assert cli("diff", cli.app).code == 0, "none of it is drift"

    act(cli, "Rollout/web", "pause-rollout")
    assert cli.live("argoproj.io/v1alpha1", "Rollout", "web")["spec"]["paused"] is True
    assert cli("diff", cli.app).code == 0, "Git does not set it"
    act(cli, "Rollout/web", "promote")
    assert cli.live("argoproj.io/v1alpha1", "Rollout", "web")["spec"]["paused"] is False
    act(cli, "Rollout/web", "restart")
    assert cli.live("argoproj.io/v1alpha1", "Rollout", "web")["spec"]["restartAt"]


def test_flux_objects_are_suspended_resumed_and_reconciled(cli, made_repository, served) -> None:
    served.made.append("Kustomization")
    files = {"crd.yaml": definition("Kustomization"), "k.yaml": KUSTOMIZATION}
    made_repository.commit({f"apps/{cli.app}/{name}": text for name, text in files.items()})
    done = cli("sync", cli.app, "--yes")
    assert done.code == 0, done.out + done.err

    def live() -> dict[str, Any]:
        return cli.live("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "infra")

    ready = {"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "Applied"}
    generation = live()["metadata"]["generation"]
    served("Kustomization", "infra", {"observedGeneration": generation, "conditions": [ready]})
    act(cli, "Kustomization/infra", "reconcile")
    assert live()["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]
    act(cli, "Kustomization/infra", "suspend")
    assert live()["spec"]["suspend"] is True
    assert offered(cli, "Kustomization/infra")["reconcile"] == "it is suspended"
    (state,) = [
        each
        for each in cli("status", cli.app, "-o", "json").json["applications"][0]["resources"]
        if each["kind"] == "Kustomization"
    ]
    assert state["health"] == "Suspended"
    act(cli, "Kustomization/infra", "resume")
    assert live()["spec"]["suspend"] is False
    assert live()["status"]["conditions"] == [ready], "a status is its controller's"
