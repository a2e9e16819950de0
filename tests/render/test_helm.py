"""Charts in the repository: values from everywhere that they may come from, and errors with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_tui.errors import GitOpsError, RenderError
from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.keys import AppKey
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.settings import Settings
from tests.conftest import MadeRepository
from tests.render.charts import CHART, SHOWN, data, helm, rendered

pytestmark = helm


@pytest.fixture
def chart(made_repository) -> MadeRepository:
    made_repository.commit(
        {"a/Chart.yaml": CHART, "a/values.yaml": "said: own\nfile: ''\n", "a/templates/x.yaml": SHOWN}
    )
    return made_repository


@pytest.fixture
def other(tmp_path: Path) -> MadeRepository:
    folder = tmp_path / "other"
    folder.mkdir()
    return MadeRepository(folder)


def test_value_files_come_from_another_source_by_its_ref(chart, other) -> None:
    other.commit({"env/prod.yaml": "said: prod\n", "text/file": "from, a = file", "x": "1"})
    found = rendered(chart.folder, refs={"values": other.folder}, valueFiles=["$values/env/prod.yaml"],
                     fileParameters=[{"name": "file", "path": "$values/text/file"}])  # fmt: skip
    assert (data(found)["said"], data(found)["file"]) == ("prod", "from, a = file")
    other.commit({"env/prod.yaml": "said: later\n"})
    assert (
        data(rendered(chart.folder, refs={"values": other.folder}, valueFiles=["$values/env/prod.yaml"]))["said"]
        == "later"
    )


def test_a_ref_that_no_source_has_is_named(chart, other) -> None:
    other.commit({"x": "1"})
    with pytest.raises(RenderError, match="in no source") as raised:
        rendered(chart.folder, refs={"values": other.folder}, valueFiles=["$elsewhere/x.yaml"])
    assert "no source has ref: elsewhere; there is $values" in raised.value.hint


def test_patterns_take_their_files_in_order_without_those_named_themselves(chart) -> None:
    chart.commit({"a/env/1.yaml": "said: one\n", "a/env/2.yaml": "said: two\n", "a/env/x/3.yaml": "said: three\n"})
    assert data(rendered(chart.folder, valueFiles=["env/*.yaml"]))["said"] == "two"
    assert data(rendered(chart.folder, valueFiles=["env/**/*.yaml"]))["said"] == "three"
    assert data(rendered(chart.folder, valueFiles=["/a/env/*.yaml", "env/1.yaml"]))["said"] == "one"
    assert data(rendered(chart.folder, valueFiles=["env/no*.yaml"], ignoreMissingValueFiles=True))["said"] == "own"
    with pytest.raises(RenderError, match="no value file matches"):
        rendered(chart.folder, valueFiles=["env/no*.yaml"])


def test_a_missing_value_file_is_an_error_unless_it_may_be_missing(chart) -> None:
    assert data(rendered(chart.folder, valueFiles=["later.yaml"], ignoreMissingValueFiles=True))["said"] == "own"
    with pytest.raises(RenderError, match=r"a/later\.yaml does not exist"):
        rendered(chart.folder, valueFiles=["later.yaml"])
    chart.commit({"a/later.yaml": "said: later\n"})
    assert data(rendered(chart.folder, valueFiles=["later.yaml"], ignoreMissingValueFiles=True))["said"] == "later"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/../x", "$values/../../etc/passwd", "link.yaml", "https://example.com/x.yaml", "$values/link"])  # fmt: skip
def test_nothing_outside_of_a_repository_is_read(chart, other, name: str) -> None:
    other.commit({"x": "1"})
    for place in (chart.folder / "a" / "link.yaml", other.folder / "link"):
        place.symlink_to("/etc/hostname")
    for each in (chart, other):
        each.commit({})
    with pytest.raises(GitOpsError, match=r"outside of the repository|out of the repository|is a URL"):
        rendered(chart.folder, refs={"values": other.folder}, valueFiles=[name])


@pytest.mark.parametrize("name", ["x=/etc/passwd,y", "a,b", "a=b", "{a}"])
def test_a_file_parameter_name_cannot_name_a_second_file(chart, name: str) -> None:
    with pytest.raises(RenderError, match="can't be a parameter's name"):
        rendered(chart.folder, fileParameters=[{"name": name, "path": "values.yaml"}])


def test_the_build_environment_stands_in_parameters_and_value_file_names(chart) -> None:
    chart.commit({"a/app.yaml": "said: by name\n"})
    assert data(rendered(chart.folder, valueFiles=["$ARGOCD_APP_NAME.yaml"]))["said"] == "by name"
    found = rendered(chart.folder, parameters=[{"name": "said", "value": "${ARGOCD_APP_NAMESPACE}-$ARGOCD_APP_REVISION_SHORT-$$x"}])  # fmt: skip
    head = chart.git("rev-parse", "--short=7", "HEAD")
    assert data(found)["said"] == f"d-{head}-$x"
    chart.commit({"elsewhere": "x"})
    again = rendered(chart.folder, parameters=[{"name": "said", "value": "$ARGOCD_APP_REVISION_SHORT"}])
    assert data(again)["said"] == chart.git("rev-parse", "--short=7", "HEAD")


def test_versions_names_and_namespaces_are_those_of_the_block(chart) -> None:
    found = rendered(chart.folder, kube_version="v1.30.1-eks-1", releaseName="rel", namespace="other")
    assert found.manifests[0].key.name == "rel"
    assert found.manifests[0].key.namespace == "other"
    assert data(found)["kube"] == "v1.30.1"
    found = rendered(chart.folder, kube_version="v1.30.1", kubeVersion="1.27", apiVersions=["example.com/v1"])
    assert (data(found)["kube"], data(found)["has"]) == ("v1.27", "true")
    with pytest.raises(RenderError, match="no Kubernetes version"):
        rendered(chart.folder, kubeVersion="latest")


def test_crds_and_tests_are_left_out_on_demand(chart) -> None:
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.example.com}\n"
    test = "apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n"
    chart.commit({"a/crds/c.yaml": crd, "a/templates/t.yaml": test})
    assert {each.key.kind for each in rendered(chart.folder).manifests} == {
        "ConfigMap",
        "CustomResourceDefinition",
        "Pod",
    }
    found = rendered(chart.folder, skipCrds=True, skipTests=True)
    assert [each.key.kind for each in found.manifests] == ["ConfigMap"]


def test_a_values_schema_counts_unless_it_is_skipped(chart) -> None:
    chart.commit({"a/values.schema.json": '{"properties":{"said":{"type":"integer"}}}'})
    with pytest.raises(RenderError, match=r"a/values\.schema\.json: the values don't fit: at '/said'"):
        rendered(chart.folder)
    assert data(rendered(chart.folder, skipSchemaValidation=True))["said"] == "own"


@pytest.mark.parametrize(
    ("template", "line", "said"),
    [
        ('\na: {{ required "name the team" .Values.team }}', 2, "name the team"),
        ('a: {{ fail "not on a Friday" }}', 1, "not on a Friday"),
        ("\n\na: {{ .Values.x.y }}", 3, "nil pointer"),
        ("a: {{ nofunction }}", 1, 'function "nofunction" not defined'),
        ("a: b\n  c: d", 0, "renders to broken YAML: line 2"),
        ('a: {{ include "nope" . }}', 1, 'no template "nope"'),
    ],
)
def test_a_templates_mistake_is_said_with_its_file_and_line(chart, template: str, line: int, said: str) -> None:
    chart.commit({"a/templates/bad.yaml": template})
    with pytest.raises(RenderError) as raised:
        rendered(chart.folder)
    problem = raised.value.problems[0]
    assert (problem.path, problem.line) == ("a/templates/bad.yaml", line)
    assert said in problem.message
    assert "--debug" not in str(raised.value)
    assert "/tmp" not in str(raised.value)


def test_a_broken_value_file_is_named_as_it_stands_in_its_repository(chart, other) -> None:
    other.commit({"v/x.yaml": "a: ["})
    with pytest.raises(RenderError, match=r"failed to parse \$values/v/x\.yaml"):
        rendered(chart.folder, refs={"values": other.folder}, valueFiles=["$values/v/x.yaml"])
    with pytest.raises(RenderError, match=r"failed to parse spec\.source\.helm\.values"):
        rendered(chart.folder, values="a: [")


def test_what_renders_differently_each_time_is_said_with_object_and_fields_and_no_value(chart) -> None:
    chart.commit({"a/templates/s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
                  "stringData: {password: {{ randAlphaNum 12 | quote }}, fixed: x}\n"})  # fmt: skip
    found = rendered(chart.folder)
    assert found.warnings == (
        "the chart gives Secret s another stringData.password with every rendering "
        "(random, the time or new keys): that is no drift, and a sync leaves what is there; set a value for it",
    )
    again = rendered(chart.folder)
    assert [each.digest for each in again.manifests] == [each.digest for each in found.manifests]
    chart.commit({"a/templates/s.yaml": "{{/* now and then */}}"})
    assert rendered(chart.folder).warnings == ()


def test_a_change_in_the_source_of_the_values_renders_again_and_no_other_does(chart, other, tmp_path: Path) -> None:
    other.commit({"env/prod.yaml": "said: prod\n"})
    sources = (
        Source(str(chart.folder), path="a", helm={"valueFiles": ["$values/env/prod.yaml"]}),
        Source(str(other.folder), path="", ref="values"),
    )
    app = Application(AppKey("c", "", "app"), sources, Destination(namespace="d"))
    repositories = Repositories(Settings(cache_folder=tmp_path / "cache"))
    try:
        first = repositories.render(app, "", "1.30", (), "d")
        assert first.manifests[0].obj["data"]["said"] == "prod"
        assert not first.warnings
        other.commit({"README": "x"})
        repositories.fetch([str(other.folder)])
        assert repositories.render(app, "", "1.30", (), "d").manifests[0] is first.manifests[0]
        other.commit({"env/prod.yaml": "said: later\n"})
        repositories.fetch([str(other.folder)])
        assert repositories.render(app, "", "1.30", (), "d").manifests[0].obj["data"]["said"] == "later"
    finally:
        repositories.close()
