"""Every field of `spec.source.kustomize`, and what kustomize is told beside the folder."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.errors import RenderError, ToolMissing
from gitops_tui.git import open_repository
from gitops_tui.model.application import Source
from gitops_tui.render import Rendered, render
from gitops_tui.render.kustomize import _words
from gitops_tui.render.tools import program_for, tool_version
from gitops_tui.settings import Settings
from tests.conftest import MadeRepository

pytestmark = pytest.mark.skipif(not shutil.which("kustomize"), reason="needs the program kustomize")

KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx:1}]}}}\n"
)
CHART = {
    "a/charts/web/values.yaml": "{}\n",
    "a/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "a/charts/web/templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inflated}\ndata: {kube: {{ .Capabilities.KubeVersion.Version }},\n"
    '  has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}}\n',
}


def built(made: MadeRepository, *, settings: Settings | None = None, project: str = "default", kube_version: str = "",
          **block: Any) -> Rendered:  # fmt: skip
    settings = settings or Settings()
    repository = open_repository(str(made.folder), settings=settings)
    try:
        commit = repository.resolve("HEAD")
        return render(
            repository, commit, Source("x", path="a", target_revision="main", kustomize=block or None), app_name="shop",
            namespace="d", settings=settings, project=project, kube_version=kube_version,
        )  # fmt: skip
    finally:
        repository.close()


@pytest.fixture
def made(made_repository: MadeRepository) -> MadeRepository:
    made_repository.commit({"a/kustomization.yaml": KUSTOMIZATION + "resources: [x.yaml]\n", "a/x.yaml": DEPLOYMENT})
    return made_repository


def test_the_build_environment_stands_in_images_labels_and_on_demand_in_annotations(made) -> None:
    block: dict[str, Any] = {
        "images": ["nginx=example.com/nginx:$ARGOCD_APP_REVISION"],
        "commonLabels": {"project": "${ARGOCD_APP_PROJECT_NAME}"},
        "labelWithoutSelector": True,
        "commonAnnotations": {"app": "$ARGOCD_APP_NAME", "price": "$$5"},
    }
    obj = built(made, project="payments", **block).manifests[0].obj
    head = made.git("rev-parse", "HEAD")
    assert obj["spec"]["template"]["spec"]["containers"][0]["image"] == f"example.com/nginx:{head}"
    assert obj["metadata"]["labels"] == {"project": "payments"}
    assert obj["metadata"]["annotations"] == {"app": "$ARGOCD_APP_NAME", "price": "$$5"}
    obj = built(made, project="payments", commonAnnotationsEnvsubst=True, **block).manifests[0].obj
    assert obj["metadata"]["annotations"] == {"app": "shop", "price": "$5"}
    # With the commit in it, another commit renders another thing, whatever it touches.
    made.commit({"README": "x"})
    image = built(made, **block).manifests[0].obj["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"example.com/nginx:{made.git('rev-parse', 'HEAD')}"


def test_missing_components_are_left_out_on_demand(made) -> None:
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\n"
    made.commit({"parts/one/kustomization.yaml": component})
    with pytest.raises(RenderError, match="nowhere"):
        built(made, components=["../parts/one", "../parts/nowhere"])
    names = ["../parts/one", "../parts/nowhere", "../../../etc", "x\0y"]
    found = built(made, components=names, ignoreMissingComponents=True)
    assert [each.key.name for each in found.manifests] == ["c-web"]
    assert built(made, components=["../parts/no"], ignoreMissingComponents=True).manifests[0].key.name == "web"


def test_a_version_is_a_program_of_the_users_settings(made, tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match=r"asks for kustomize v3\.1\.4, which your settings don't have") as raised:
        built(made, version="v3.1.4")
    assert "kustomize_versions" in raised.value.hint
    with pytest.raises(ToolMissing, match="is no program"):
        built(made, version="v3.1.4", settings=replace(Settings(), kustomize_versions={"v3.1.4": str(tmp_path / "no")}))
    marks = tmp_path / "own-kustomize"
    marks.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && exec echo v3.1.4\n{shutil.which("kustomize")} "$@" | sed s/web/by-own/\n'
    )
    marks.chmod(0o755)
    mine = replace(Settings(), kustomize_versions={"v3.1.4": str(marks)})
    assert built(made, version="v3.1.4", settings=mine).manifests[0].key.name == "by-own"
    # The one on PATH will do where it is that version.
    said = tool_version(program_for("Kustomize")).rsplit(" ", 1)[-1].strip()
    assert built(made, version=said).manifests[0].key.name == "web"


def test_an_overlay_that_leaves_nothing_is_nothing_and_no_error(made) -> None:
    delete = "$patch: delete\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    made.commit(
        {"a/kustomization.yaml": KUSTOMIZATION + "resources: [x.yaml]\npatches: [{path: p.yaml}]\n", "a/p.yaml": delete}
    )
    found = built(made)
    assert found.manifests == ()
    assert found.warnings == ("a renders to no objects at all (Kustomize)",)


def test_charts_are_inflated_only_where_the_settings_allow_it(made) -> None:
    made.commit({**CHART, "a/kustomization.yaml": KUSTOMIZATION + "helmCharts: [{name: web}]\n"})
    with pytest.raises(RenderError, match="helmCharts brings charts from outside"):
        built(made)


@pytest.mark.skipif(not shutil.which("helm"), reason="needs the program helm")
def test_inflated_charts_are_for_the_clusters_versions_or_those_of_the_block(made) -> None:
    allowed = replace(Settings(), allow_remote_bases=True)
    made.commit({**CHART, "a/kustomization.yaml": KUSTOMIZATION + "helmCharts: [{name: web}]\n"})
    found = built(made, settings=allowed, kube_version="v1.30.2-eks-1")
    assert found.manifests[0].obj["data"] == {"kube": "v1.30.2", "has": "false"}
    found = built(made, settings=allowed, kube_version="v1.30.2", kubeVersion="1.27.1", apiVersions=["example.com/v1"])
    assert found.manifests[0].obj["data"] == {"kube": "v1.27.1", "has": "true"}
    assert not found.warnings


def test_what_argo_cd_does_not_know_is_named(made) -> None:
    assert built(made, nonsense=1).warnings == (
        "spec.source.kustomize.nonsense is not supported yet and has no effect",
    )


def test_a_failure_names_no_token(made) -> None:
    allowed = replace(Settings(), allow_remote_bases=True, render_timeout=60.0)
    made.commit(
        {
            "a/kustomization.yaml": KUSTOMIZATION
            + "resources: ['https://user:canary-5ecret@localhost:1/x/y.git?ref=main&token=canary-7oken']\n"
        }
    )
    with pytest.raises(RenderError) as raised:
        built(made, settings=allowed)
    assert "canary" not in str(raised.value)
    with pytest.raises(RenderError) as raised:
        built(made)
    assert "canary" not in str(raised.value)
    assert "remote bases are off" in str(raised.value)


def test_a_plugin_is_told_the_project(made) -> None:
    from gitops_tui.pluginsettings import plugins_from

    text = 'echo "{apiVersion: v1, kind: ConfigMap, metadata: {name: p}, data: {project: $ARGOCD_APP_PROJECT_NAME}}"'
    plugin = {"name": "show", "generate": {"command": ["sh", "-c", text]}}
    settings = replace(Settings(), plugins=plugins_from([plugin], "settings"))
    repository = open_repository(str(made.folder), settings=settings)
    try:
        source = Source("x", path="a", plugin={"name": "show"})
        found = render(
            repository,
            repository.resolve("HEAD"),
            source,
            app_name="shop",
            namespace="d",
            settings=settings,
            project="payments",
        )
        assert found.manifests[0].obj["data"] == {"project": "payments"}
    finally:
        repository.close()


def test_an_error_that_kubectl_says_in_its_log_is_read_out_of_it(tmp_path: Path) -> None:
    logged = (
        'E1124 21:22:13.918987   13523 run.go:72] "command failed" err="invalid Kustomization: unknown \\"namPrefix\\""'
    )
    assert _words(logged, tmp_path) == 'invalid Kustomization: unknown "namPrefix"'
    assert _words("Error: no such file", tmp_path) == "no such file"
