"""Deleting an application on both clusters: the plan, what goes and what stays, hooks, the `Application`, the audit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.keys import GVK
from tests.support.clusters import on, until_served
from tests.support.waiting import until, until_async

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, annotations: {%s}}\ndata: {colour: red}\n"
JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: %s, annotations: {%s}}
spec:
  backoffLimit: 0
  template:
    spec: {restartPolicy: Never, containers: [{name: a, image: busybox}]}
"""
CONFIGMAP = ResourceType(GVK("", "v1", "ConfigMap"), "configmaps", True)
OPTIONS = "argocd.argoproj.io/sync-options: '%s'"
WAVE = "argocd.argoproj.io/sync-wave: '%s'"
HOOK = "argocd.argoproj.io/hook: %s"


def names(cli, kind: ResourceType = CONFIGMAP) -> set[str]:
    found = on(cli.kubeconfig, lambda cluster: cluster.list(kind, cli.namespace))
    return {each["metadata"]["name"] for each in found} - {"kube-root-ca.crt"}


def state_of(cli) -> dict[str, Any] | None:
    return on(cli.kubeconfig, lambda cluster: cluster.get(CONFIGMAP, "gitops-tui", f"app-{cli.app}"))


@pytest.fixture(autouse=True)
def short_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What never ends fails the test, and does not hold it up."""
    file = tmp_path / "config.yaml"
    file.write_text("wave_timeout: 60\nhook_timeout: 60\n")
    monkeypatch.setenv("GITOPS_TUI_CONFIG", str(file))
    return file


def deployed(cli, made_repository, **files: str) -> None:
    made_repository.commit({f"apps/{cli.app}/{name}.yaml": text for name, text in files.items()})
    said = cli("sync", cli.app, "--yes", "--wait")
    assert said.code == 0, said


def test_all_of_it_goes_in_reverse_waves_and_the_audit_knows(cli, made_repository) -> None:
    deployed(
        cli, made_repository, a=CONFIG % ("early", WAVE % -1), b=CONFIG % ("late", WAVE % 5), c=CONFIG % ("mid", "")
    )
    only_looked = cli("delete", cli.app, "--dry-run")
    assert only_looked.code == 0, only_looked
    assert "cascade foreground" in only_looked.out
    assert names(cli) == {"early", "late", "mid"}
    said = cli("delete", cli.app, "--yes", "-m", "INC-42", "-o", "json")
    assert said.code == 0, said
    assert names(cli) == set()
    order = [each["name"] for each in said.json["operation"]["results"]]
    assert order == ["late", "mid", "early"]
    assert said.json["plan"]["cascade"] == "foreground"
    newest = cli("audit", "--app", cli.app, "-o", "json").json["operations"][0]
    assert (newest["initiator"], newest["phase"], newest["message"]) == ("delete", "Succeeded", "INC-42")
    assert newest["counts"] == {"prune": 3}
    kept = state_of(cli)
    assert kept is not None
    assert "inventory" not in kept["data"]
    told = cli("status", cli.app, "-o", "json").json["applications"][0]["conditions"]
    assert any("it was deleted by" in each["message"] for each in told)
    again = cli("delete", cli.app, "--yes")
    assert (again.code, "nothing to delete" in again.out) == (0, True)
    # A person brings it back, and it is an application as any other.
    assert cli("sync", cli.app, "--yes").code == 0
    assert "deleted" not in state_of(cli)["data"]
    assert cli("delete", cli.app, "--yes", "--forget").code == 0
    assert state_of(cli) is None


def test_what_is_protected_or_somebody_elses_stays_and_is_said(cli, made_repository) -> None:
    deployed(
        cli,
        made_repository,
        a=CONFIG % ("plain", ""),
        b=CONFIG % ("no-prune", OPTIONS % "Prune=false"),
        c=CONFIG % ("no-delete", OPTIONS % "Delete=false"),
        d=CONFIG % ("kept", "helm.sh/resource-policy: keep"),
        e=CONFIG % ("asks", OPTIONS % "Delete=confirm"),
        f=CONFIG % ("both", OPTIONS % "Prune=false,Delete=true"),
        g=CONFIG % ("theirs", ""),
    )
    patch = {"metadata": {"annotations": {"gitops-tui.io/tracking-id": f"other:/ConfigMap:{cli.namespace}/theirs"}}}
    on(
        cli.kubeconfig,
        lambda cluster: cluster.transport.request(
            "PATCH",
            f"/api/v1/namespaces/{cli.namespace}/configmaps/theirs",
            body=patch,
            content_type="application/merge-patch+json",
        ),
    )
    said = cli("delete", cli.app, "--yes")
    assert said.code == 1
    for word in (
        "no-prune  protected by Prune=false",
        "no-delete  protected by Delete=false",
        "kept  protected by helm.sh/resource-policy: keep",
        "asks  Delete=confirm",
        "theirs  it belongs to the application other",
    ):
        assert word in said.out
    assert names(cli) == {"no-prune", "no-delete", "kept", "asks", "theirs"}
    # What waits for a word is still named by the inventory.
    assert '"asks"' in state_of(cli)["data"]["inventory"]
    assert cli("delete", cli.app, "--yes", "--confirm-delete").code == 0
    assert names(cli) == {"no-prune", "no-delete", "kept", "theirs"}


def test_orphan_leaves_the_objects_and_takes_the_record(cli, made_repository) -> None:
    deployed(cli, made_repository, a=CONFIG % ("one", ""))
    assert cli("delete", cli.app, "--cascade", "orphan", "--yes").code == 0
    assert names(cli) == {"one"}
    assert "inventory" not in state_of(cli)["data"]


def test_hooks_run_before_and_after_and_go(cli, made_repository) -> None:
    jobs = ResourceType(GVK("batch", "v1", "Job"), "jobs", True)
    deployed(
        cli,
        made_repository,
        a=CONFIG % ("one", ""),
        b=JOB % ("before", HOOK % "PreDelete"),
        c=JOB % ("after", "helm.sh/hook: post-delete"),
    )
    assert names(cli, jobs) == set()
    said = cli("delete", cli.app, "--yes", "-o", "json")
    assert said.code == 0, said
    results = {each["name"]: each for each in said.json["operation"]["results"]}
    assert [results[name]["phase"] for name in ("before", "one", "after")] == ["PreDelete", "Sync", "PostDelete"]
    assert all(each["status"] == "done" for each in results.values())
    assert [each["name"] for each in said.json["operation"]["results"]] == ["before", "one", "after"]
    until(lambda: not names(cli, jobs))


def test_a_pre_delete_hook_that_fails_keeps_everything(cli, made_repository) -> None:
    failing = "gitops-tui.io/demo-fails: crash, realcluster/fails: crash, %s" % (HOOK % "PreDelete")
    hook = "apiVersion: v1\nkind: Pod\nmetadata: {name: before, annotations: {%s}}\nspec: {containers: [{name: a, image: busybox}]}\n"
    deployed(cli, made_repository, a=CONFIG % ("one", ""), b=hook % failing)
    said = cli("delete", cli.app, "--yes")
    assert said.code == 1, said
    assert "before" in said.out
    assert names(cli) == {"one"}
    assert '"one"' in state_of(cli)["data"]["inventory"]
    told = cli("status", cli.app, "-o", "json").json["applications"][0]["conditions"]
    assert not any("deleted by" in each["message"] for each in told)
    assert cli("delete", cli.app, "--yes", "--skip-hooks").code == 0
    assert names(cli) == set()


def test_a_finalizer_that_never_ends_is_named_and_the_rest_is_known(cli, made_repository, short_limits) -> None:
    short_limits.write_text("wave_timeout: 2\n")
    held = CONFIG.replace("annotations:", "finalizers: [example.com/never], annotations:")
    deployed(cli, made_repository, a=CONFIG % ("first", ""), b=held % ("stuck", WAVE % 3))

    def release() -> None:
        on(
            cli.kubeconfig,
            lambda cluster: cluster.transport.request(
                "PATCH",
                f"/api/v1/namespaces/{cli.namespace}/configmaps/stuck",
                body={"metadata": {"finalizers": None}},
                content_type="application/merge-patch+json",
            ),
        )

    try:
        said = cli("delete", cli.app, "--yes")
        assert said.code == 1
        assert "ConfigMap" in said.out
        assert "held by example.com/never" in said.out
        assert names(cli) == {"first", "stuck"}
        assert '"first"' in state_of(cli)["data"]["inventory"]
        told = cli("status", cli.app, "-o", "json").json["applications"][0]["conditions"]
        assert any("its deletion was begun by" in each["message"] for each in told)
    finally:
        release()
    assert cli("delete", cli.app, "--yes").code == 0
    assert names(cli) == set()


def test_nobody_there_to_agree_and_read_only_are_refused(cli, made_repository, monkeypatch) -> None:
    deployed(cli, made_repository, a=CONFIG % ("one", ""))
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert cli("delete", cli.app).code == 2
    assert cli("delete", cli.app, "--yes", "--read-only").code == 2
    assert names(cli) == {"one"}


# --- an Application object in the cluster -------------------------------------------------------------------------

KIND = ResourceType(GVK("argoproj.io", "v1alpha1", "Application"), "applications", True)
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "applications.argoproj.io"},
    "spec": {
        "group": "argoproj.io",
        "names": {
            "kind": "Application",
            "listKind": "ApplicationList",
            "plural": "applications",
            "singular": "application",
        },
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}
CRDS = ResourceType(GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition"), "customresourcedefinitions", False)


@contextmanager
def application_kind(cli) -> Iterator[None]:
    """The cluster serves Applications, as if Argo CD had been there."""

    async def make(cluster: Cluster) -> None:
        await cluster.apply(CRD)
        await until_served(cluster, KIND.gvk)

    async def take(cluster: Cluster) -> None:
        await cluster.delete(CRDS, "", "applications.argoproj.io", propagation="Background")

        async def gone() -> bool:
            return await cluster.get(CRDS, "", "applications.argoproj.io") is None

        await until_async(gone)

    on(cli.kubeconfig, make)
    try:
        yield
    finally:
        on(cli.kubeconfig, take)


@pytest.mark.parametrize(
    ("finalizers", "asked", "left"),
    [
        (["resources-finalizer.argocd.argoproj.io"], (), set()),
        (["resources-finalizer.argocd.argoproj.io/background"], (), set()),
        ([], (), {"one"}),
        ([], ("--cascade", "foreground"), set()),
        (["resources-finalizer.argocd.argoproj.io"], ("--cascade", "orphan"), {"one"}),
    ],
)
def test_the_application_goes_last_and_its_finalizer_says_what_becomes_of_its_objects(
    cli, made_repository, tmp_path: Path, finalizers, asked, left
) -> None:
    made_repository.commit({"one/a.yaml": CONFIG % ("one", "")})
    obj = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": cli.app, "namespace": "argocd", **({"finalizers": finalizers} if finalizers else {})},
        "spec": {
            "source": {"repoURL": str(made_repository.folder), "path": "one", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": cli.namespace},
            "syncPolicy": {"syncOptions": ["CreateNamespace=true"]},
        },
    }
    file = tmp_path / "app.yaml"
    file.write_text(yaml.safe_dump(obj))
    where = ("-f", str(file), "--kubeconfig", str(cli.kubeconfig))

    async def place(cluster: Cluster) -> None:
        await cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
        await cluster.apply(obj)

    with application_kind(cli):
        on(cli.kubeconfig, place)
        assert cli.run("sync", cli.app, "--yes", *where).code == 0
        said = cli.run("delete", cli.app, "--yes", "-o", "json", *asked, *where)
        assert said.code == 0, said
        assert names(cli) == left
        assert on(cli.kubeconfig, lambda cluster: cluster.get(KIND, "argocd", cli.app)) is None
        last = said.json["operation"]["results"][-1]
        assert (last["kind"], last["status"]) == ("Application", "done")


def test_an_application_that_argo_cd_looks_after_is_left_to_it(cli, made_repository, tmp_path: Path) -> None:
    made_repository.commit({"one/a.yaml": CONFIG % ("one", "")})
    obj = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": cli.app, "namespace": "argocd"},
        "spec": {
            "source": {"repoURL": str(made_repository.folder), "path": "one", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
        },
    }
    file = tmp_path / "app.yaml"
    file.write_text(yaml.safe_dump(obj))

    async def place(cluster: Cluster) -> None:
        await cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        await cluster.apply({**obj, "status": {"reconciledAt": now}})

    with application_kind(cli):
        on(cli.kubeconfig, place)
        said = cli.run("delete", cli.app, "--yes", "-f", str(file), "--kubeconfig", str(cli.kubeconfig))
        assert said.code == 2
        assert "argocd app delete" in said.err
