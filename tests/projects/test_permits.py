"""What a project permits: Argo CD's own cases (pkg/apis/application/v1alpha1/types_test.go), and what reading makes of odd documents."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.project import Project
from gitops_tui.reconcile.projects.permits import (
    Reach,
    object_violations,
    permits_app_namespace,
    permits_destination,
    permits_kind,
    permits_source,
    violations,
)
from gitops_tui.reconcile.projects.reading import read_project


def project(**spec: Any) -> Project:
    return read_project({"metadata": {"name": "web"}, "spec": spec}, "a file")


@pytest.mark.parametrize(
    ("patterns", "url", "permitted"),
    [
        (["*"], "https://github.com/argoproj/test.git", True),
        (["https://github.com/argoproj/test.git"], "https://github.com/argoproj/test.git", True),
        (["ssh://git@GITHUB.com:argoproj/test"], "ssh://git@github.com:argoproj/test", True),
        (["https://github.com/argoproj/*"], "https://github.com/argoproj/argoproj.git", True),
        (
            ["https://github.com/test1/test.git", "https://github.com/test2/test.git"],
            "https://github.com/test2/test.git",
            True,
        ),
        (["https://github.com/argoproj/test1.git"], "https://github.com/argoproj/test2.git", False),
        (["https://github.com/argoproj/*.git"], "https://github.com/argoproj1/test2.git", False),
        (["https://github.com/argoproj/foo"], "https://github.com/argoproj/foo1", False),
        (["https://gitlab.com/group/*"], "https://gitlab.com/group/repo/owner", False),
        (["https://gitlab.com/group/*/*"], "https://gitlab.com/group/repo/owner", True),
        (["https://gitlab.com/group/*/*/*"], "https://gitlab.com/group/sub-group/repo/owner", True),
        (["https://gitlab.com/group/**"], "https://gitlab.com/group/sub-group/repo/owner", True),
        (["!https://github.com/argoproj/test.git"], "https://github.com/argoproj/test.git", False),
        (["!ssh://git@GITHUB.com:argoproj/test"], "ssh://git@github.com:argoproj/test", False),
        (["!https://github.com/argoproj/*"], "https://github.com/argoproj/argoproj.git", False),
        (
            ["https://github.com/test1/test.git", "!https://github.com/test2/test.git"],
            "https://github.com/test2/test.git",
            False,
        ),
        (["!https://github.com/argoproj/foo*"], "https://github.com/argoproj/foo1", False),
        (["!https://gitlab.com/group/*/*"], "https://gitlab.com/group/repo/owner", False),
        (["!https://gitlab.com/group/*/*/*"], "https://gitlab.com/group/sub-group/repo/owner", False),
        (["!https://gitlab.com/group/**"], "https://gitlab.com/group/sub-group/repo/owner", False),
        (["*"], "https://github.com/argoproj/test.git", True),
        (["https://github.com/argoproj/test1.git", "*"], "https://github.com/argoproj/test2.git", True),
        (["!https://github.com/argoproj/*.git", "*"], "https://github.com/argoproj1/test2.git", True),
        (["git@github.com:org/*"], "ssh://git@github.com/org/repo.git", True),
        (["!*", "https://github.com/org/repo"], "https://github.com/org/repo", False),
        ([], "https://github.com/org/repo", False),
    ],
)
def test_which_repositories_a_project_permits(patterns: list[str], url: str, permitted: bool) -> None:
    assert permits_source(project(sourceRepos=patterns), url) is permitted


@pytest.mark.parametrize(
    ("places", "to", "permitted"),
    [
        (
            [{"server": "https://kubernetes.default.svc", "namespace": "default"}],
            {"server": "https://kubernetes.default.svc", "namespace": "default"},
            True,
        ),
        (
            [{"server": "https://kubernetes.default.svc", "namespace": "default"}],
            {"server": "https://kubernetes.default.svc", "namespace": "kube-system"},
            False,
        ),
        (
            [{"server": "https://my-cluster", "namespace": "default"}],
            {"server": "https://kubernetes.default.svc", "namespace": "default"},
            False,
        ),
        (
            [{"server": "https://kubernetes.default.svc", "namespace": "*"}],
            {"server": "https://kubernetes.default.svc", "namespace": "kube-system"},
            True,
        ),
        (
            [{"server": "https://*.default.svc", "namespace": "default"}],
            {"server": "https://kubernetes.default.svc", "namespace": "default"},
            True,
        ),
        (
            [{"server": "https://team1-*", "namespace": "default"}],
            {"server": "https://test2-dev-cluster", "namespace": "default"},
            False,
        ),
        (
            [{"server": "https://kubernetes.default.svc", "namespace": "test-*"}],
            {"server": "https://kubernetes.default.svc", "namespace": "test-foo"},
            True,
        ),
        (
            [{"server": "https://kubernetes.default.svc", "namespace": "test-*"}],
            {"server": "https://kubernetes.default.svc", "namespace": "test"},
            False,
        ),
        ([{"server": "*", "namespace": "*"}], {"server": "https://kubernetes.default.svc", "namespace": "test"}, True),
        ([{"server": "", "namespace": "*", "name": "test"}], {"name": "test", "namespace": "test"}, True),
        ([{"server": "", "namespace": "*", "name": "test2"}], {"name": "test", "namespace": "test"}, False),
        (
            [
                {
                    "name": "host-cluster",
                    "server": "https://kubernetes.default.svc",
                    "namespace": "!{kube-system,argocd}",
                },
                {
                    "name": "destination-cluster-01",
                    "server": "https://eks-cluster-endpoint.ap-southeast-1.eks.amazonaws.com",
                    "namespace": "*",
                },
            ],
            {"server": "https://eks-cluster-endpoint.ap-southeast-1.eks.amazonaws.com", "namespace": "kube-system"},
            True,
        ),
        (
            [{"server": "!https://kubernetes.default.svc", "namespace": "default"}],
            {"server": "https://kubernetes.default.svc", "namespace": "default"},
            False,
        ),
        (
            [{"server": "https://kubernetes.default.svc", "namespace": "!default"}],
            {"server": "https://kubernetes.default.svc", "namespace": "kube-system"},
            True,
        ),
        (
            [{"server": "!https://my-cluster", "namespace": "default"}],
            {"server": "https://kubernetes.default.svc", "namespace": "default"},
            True,
        ),
        (
            [{"server": "!https://kubernetes.default.svc", "namespace": "*"}],
            {"server": "https://kubernetes.default.svc", "namespace": "kube-system"},
            False,
        ),
        (
            [{"server": "!https://*.default.svc", "namespace": "default"}],
            {"server": "https://kubernetes.default.svc", "namespace": "default"},
            False,
        ),
        (
            [{"server": "!https://team1-*", "namespace": "default"}],
            {"server": "https://test2-dev-cluster", "namespace": "default"},
            True,
        ),
        (
            [{"server": "https://kubernetes.default.svc", "namespace": "!test-*"}],
            {"server": "https://kubernetes.default.svc", "namespace": "test-foo"},
            False,
        ),
        (
            [{"server": "https://kubernetes.default.svc", "namespace": "!test-*"}],
            {"server": "https://kubernetes.default.svc", "namespace": "test"},
            True,
        ),
        ([{"server": "", "namespace": "*", "name": "!test"}], {"name": "test", "namespace": "test"}, False),
        ([{"server": "", "namespace": "*", "name": "!test2"}], {"name": "test", "namespace": "test"}, True),
        (
            [{"server": "*", "namespace": "kube-system"}, {"server": "*", "namespace": "!kube-system"}],
            {"server": "https://kubernetes.default.svc", "namespace": "kube-system"},
            False,
        ),
        (
            [{"server": "*", "namespace": "*"}, {"server": "*", "namespace": "!kube-system"}],
            {"server": "https://kubernetes.default.svc", "namespace": "kube-system"},
            False,
        ),
        (
            [
                {"server": "https://kubernetes.default.svc", "namespace": "*"},
                {"server": "!https://kubernetes.default.svc", "namespace": "*"},
            ],
            {"server": "https://kubernetes.default.svc", "namespace": "kube-system"},
            False,
        ),
        (
            [
                {"server": "*", "namespace": "*"},
                {"server": "!https://kubernetes.default.svc", "namespace": "kube-system"},
            ],
            {"server": "https://kubernetes.default.svc", "namespace": "kube-system"},
            False,
        ),
        (
            [
                {"server": "*", "namespace": "*"},
                {"server": "!https://kubernetes.default.svc", "namespace": "kube-system"},
                {"server": "*", "namespace": "!kube-system"},
            ],
            {"server": "https://kubernetes.default.svc", "namespace": "kube-system"},
            False,
        ),
        (
            [
                {"server": "*", "namespace": "*"},
                {"server": "!https://kubernetes.default.svc", "namespace": "kube-system"},
                {"server": "*", "namespace": "!kube-system"},
            ],
            {"server": "https://kubernetes.default.svc", "namespace": "default"},
            True,
        ),
        (
            [
                {"server": "*", "namespace": "*"},
                {"server": "!https://kubernetes.default.svc", "namespace": "kube-system"},
                {"server": "*", "namespace": "!kube-system"},
            ],
            {"server": "https://test-dev-cluster", "namespace": "kube-system"},
            False,
        ),
        (
            [{"server": "", "namespace": "*", "name": "test"}, {"server": "", "namespace": "*", "name": "!test"}],
            {"name": "test", "namespace": "test"},
            False,
        ),
        (
            [{"server": "*", "namespace": "test"}, {"server": "!https://test-server", "namespace": "other"}],
            {"server": "https://test-server", "namespace": "test"},
            True,
        ),
        (
            [{"server": "*", "namespace": "*"}, {"server": "https://test-server", "namespace": "!other"}],
            {"server": "https://other-test-server", "namespace": "other"},
            True,
        ),
    ],
)
def test_which_destinations_a_project_permits(
    places: list[dict[str, str]], to: dict[str, str], permitted: bool
) -> None:
    reach = Reach(*(tuple(filter(None, (to.get(name),))) for name in ("server", "name")))
    assert permits_destination(project(destinations=places), reach, to["namespace"]) is permitted


def test_a_cluster_is_known_by_each_of_its_names_and_a_denied_name_counts_whichever_it_is() -> None:
    here = Reach(("https://10.0.0.1:6443", "https://kubernetes.default.svc"), ("in-cluster", "kind-a"))
    for place in ({"server": "https://kubernetes.default.svc"}, {"name": "kind-a"}, {"name": "in-*"}):
        assert permits_destination(project(destinations=[{**place, "namespace": "*"}]), here, "web")
    denied = [{"server": "*", "namespace": "*"}, {"name": "!in-cluster", "namespace": "*"}]
    assert not permits_destination(project(destinations=denied), here, "web")


NAMESPACED = [
    ({"namespaceResourceWhitelist": []}, "apps", "ReplicaSet", False),
    ({"namespaceResourceWhitelist": None}, "apps", "ReplicaSet", True),
    ({}, "apps", "ReplicaSet", True),
    ({"namespaceResourceWhitelist": [{"group": "apps", "kind": "ReplicaSet"}]}, "apps", "ReplicaSet", True),
    ({"namespaceResourceWhitelist": [{"group": "apps", "kind": "ReplicaSet"}]}, "apps", "Action", False),
    ({"namespaceResourceWhitelist": [{"group": "*", "kind": "*"}]}, "", "ConfigMap", True),
    ({"namespaceResourceWhitelist": [{"kind": "ConfigMap"}]}, "", "ConfigMap", True),
    ({"namespaceResourceBlacklist": [{"group": "apps", "kind": "Deployment"}]}, "apps", "Deployment", False),
    ({"namespaceResourceBlacklist": [{"group": "", "kind": "Resource?uota"}]}, "", "ResourceQuota", False),
    ({"namespaceResourceBlacklist": [{"group": "", "kind": "[A-C]*"}]}, "", "ConfigMap", False),
    ({"namespaceResourceBlacklist": [{"group": "", "kind": "[^A-C]*"}]}, "", "ConfigMap", True),
    ({"namespaceResourceBlacklist": [{"group": "", "kind": "{ConfigMap,Secret}"}]}, "", "ConfigMap", True),
]
CLUSTER = [
    ({}, "Namespace", "web", False),
    ({"clusterResourceWhitelist": []}, "Namespace", "web", False),
    ({"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}, "Namespace", "web", True),
    ({"clusterResourceBlacklist": [{"group": "", "kind": "Namespace"}]}, "Namespace", "web", False),
    (
        {
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
            "clusterResourceBlacklist": [{"group": "*", "kind": "*"}],
        },
        "Namespace",
        "web",
        False,
    ),
    (
        {"clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "team1-*"}]},
        "Namespace",
        "other",
        False,
    ),
    (
        {"clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "team1-*"}]},
        "Namespace",
        "team1-x",
        True,
    ),
]


@pytest.mark.parametrize(("spec", "group", "kind", "permitted"), NAMESPACED)
def test_which_kinds_of_namespaces_a_project_permits(spec: Any, group: str, kind: str, permitted: bool) -> None:
    said = permits_kind(project(**spec), ResourceKey(group, kind, "web", "a"), namespaced=True)
    assert (said == "") is permitted


@pytest.mark.parametrize(("spec", "kind", "name", "permitted"), CLUSTER)
def test_which_kinds_of_the_whole_cluster_a_project_permits(spec: Any, kind: str, name: str, permitted: bool) -> None:
    said = permits_kind(project(**spec), ResourceKey("", kind, "", name), namespaced=False)
    assert (said == "") is permitted


@pytest.mark.parametrize(
    ("patterns", "namespace", "permitted"),
    [
        ([], "", True),
        ([], "argocd", True),
        ([], "team-a", False),
        (["team-*"], "team-a", True),
        (["*"], "team-a", True),
        (["team-b"], "team-a", False),
        (["/^team-[ab]$/"], "team-a", True),
        (["/^team-[ab]$/"], "team-ab", False),
        (["/(/"], "team-a", False),
        (["/(a+)+$/"], "a" * 60 + "b", False),
    ],
)
def test_applications_of_which_namespaces_may_name_a_project(
    patterns: list[str], namespace: str, permitted: bool
) -> None:
    begun = time.process_time()
    assert permits_app_namespace(project(sourceNamespaces=patterns), namespace, "argocd") is permitted
    assert time.process_time() - begun < 5


def test_an_object_in_a_namespace_that_is_not_permitted_is_named_with_the_rule() -> None:
    web = project(destinations=[{"server": "*", "namespace": "web"}])
    reach = Reach(("https://a",), ("a",))
    keys = [ResourceKey("", "ConfigMap", namespace, "a") for namespace in ("web", "kube-system", "web")]
    assert list(object_violations(web, [(key, True) for key in keys], reach)) == [
        "the project web does not permit ConfigMap kube-system/a: its namespace kube-system is not in destinations"
    ]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"sourceRepos": "*"}, "spec.sourceRepos must be a list of texts"),
        ({"sourceRepos": [1]}, "spec.sourceRepos must be a list of texts"),
        ({"destinations": {"server": "*"}}, "spec.destinations must be a list"),
        ({"destinations": [{"server": 1}]}, r"spec.destinations[0] must be a mapping of texts"),
        ({"clusterResourceWhitelist": ["*"]}, r"spec.clusterResourceWhitelist[0] must be a mapping of texts"),
    ],
)
def test_a_project_that_cannot_be_read_permits_nothing_and_says_which_field(spec: dict[str, Any], said: str) -> None:
    found = project(**spec)
    assert said in found.problem
    wrong = violations(
        found, app_namespace="", home="argocd", sources=["x"], reach=Reach((), ()), namespace="web", where="here"
    )
    assert len(wrong) == 1
    assert "can't be read" in wrong[0]


def test_a_spec_that_is_no_mapping_permits_nothing() -> None:
    assert read_project({"metadata": {"name": "web"}, "spec": ["x"]}, "a file").problem


def test_fields_without_effect_are_warned_of_by_name() -> None:
    found = project(
        destinationServiceAccounts=[{"server": "*", "namespace": "*", "defaultServiceAccount": "x"}],
        permitOnlyProjectScopedClusters=True,
        roles=[{"name": "ci"}],
        orphanedResources={"warn": False},
        somethingNew=True,
        syncWindows=[{"kind": "deny", "schedule": "* * * * *", "duration": "1h"}],
    )
    said = "\n".join(found.warnings)
    for name in ("destinationServiceAccounts", "permitOnlyProjectScopedClusters", "somethingNew"):
        assert f"spec.{name} is not supported" in said
    assert "roles" not in said
    assert "sync window 1 names no application, namespace or cluster" in said
