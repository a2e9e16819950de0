"""Where fields that a chart or a kustomization makes stand in Git: no program is needed to find them."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.git import open_repository
from gitops_tui.model import fieldpath
from gitops_tui.model.application import Source
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.render import yamlplaces
from gitops_tui.render.fields import places_of_field
from gitops_tui.render.yamlplaces import nodes_of
from gitops_tui.settings import Settings

TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  replicas: {{ .Values.replicaCount }}
  revisionHistoryLimit: 7
  template:
    spec:
      containers:
      - name: web
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        resources:
          {{- toYaml .Values.resources | nindent 10 }}
"""
VALUES = "replicaCount: 1\nimage:\n  repository: nginx\n  tag: '1'\nresources:\n  limits:\n    memory: 1Gi\n"
RENDERED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "x-web"},
    "spec": {
        "replicas": 3,
        "revisionHistoryLimit": 7,
        "template": {
            "spec": {
                "containers": [{"name": "web", "image": "nginx:1", "resources": {"limits": {"memory": "1Gi"}}}],
            }
        },
    },
}


def found(made, obj: dict[str, Any], origin: str, field: str, paths: list[str], **helm: Any) -> list[tuple[str, int]]:
    repository = open_repository(str(made.folder), settings=Settings())
    commit = repository.resolve("main")
    key = ResourceKey("apps" if "/" in obj["apiVersion"] else "", obj["kind"], "", obj["metadata"]["name"])
    manifest = Manifest(key, obj["apiVersion"], obj, Origin(origin, 1, 0, commit.sha), "")
    source = Source(repo_url=str(made.folder), path="web", helm=helm or None)
    places = places_of_field(repository, commit, paths, manifest, field, source)
    return [(each.path, each.first) for each in places]


@pytest.fixture
def chart(made_repository):
    made_repository.commit(
        {
            "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "web/values.yaml": VALUES,
            "web/templates/web.yaml": TEMPLATE,
            "env/prod.yaml": "replicaCount: 3\n",
        }
    )
    return made_repository


@pytest.mark.parametrize(
    ("written", "name"), [('"a\\e[31mb"', "a\x1b[31mb"), ('"two\\nlines"', "two\nlines"), (r"'\u0041'", "\\u0041")]
)
def test_a_field_whose_name_is_not_printable_is_found(made_repository, written: str, name: str) -> None:
    text = f"apiVersion: x.example/v1\nkind: Map\nmetadata: {{name: m}}\nspec:\n  a: 1\n  {written}: 1\n"
    made_repository.commit({"web/m.yaml": text})
    obj = {"apiVersion": "x.example/v1", "kind": "Map", "metadata": {"name": "m"}, "spec": {"a": 1, name: 1}}

    assert found(made_repository, obj, "web/m.yaml", fieldpath.child("spec", name), ["web"]) == [("web/m.yaml", 6)]


CONTAINER = "spec.template.spec.containers[name=web]"


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("spec.replicas", ("env/prod.yaml", 1)),
        (f"{CONTAINER}.image", ("web/values.yaml", 4)),
        (f"{CONTAINER}.resources.limits.memory", ("web/values.yaml", 7)),
        ("spec.revisionHistoryLimit", ("web/templates/web.yaml", 7)),
        ("metadata.name", None),
    ],
)
def test_a_field_of_a_chart_stands_in_the_value_file_that_counts(chart, field: str, place) -> None:
    places = found(chart, RENDERED, "web/templates/web.yaml", field, ["web"], valueFiles=["../env/prod.yaml"])

    assert (places[0] if places else None) == place


@pytest.mark.parametrize(
    "helm",
    [
        {"parameters": [{"name": "replicaCount", "value": "3"}]},
        {"valuesObject": {"replicaCount": 3}},
        {"values": "replicaCount: 3\n"},
    ],
)
def test_what_the_application_itself_sets_stands_in_no_value_file(chart, helm: dict[str, Any]) -> None:
    assert found(chart, RENDERED, "web/templates/web.yaml", "spec.replicas", ["web"], **helm) == []


def test_a_value_that_was_not_rendered_is_not_blamed(chart) -> None:
    """A value file by another source may have set it."""
    assert found(chart, RENDERED, "web/templates/web.yaml", "spec.replicas", ["web"]) == []


def test_what_a_generator_makes_stands_in_its_literal_or_its_file(made_repository) -> None:
    made_repository.commit(
        {
            "web/kustomization.yaml": "namePrefix: prod-\nconfigMapGenerator:\n- name: conf\n  literals:\n  - a=1\n"
            "  - b=2\n  files:\n  - conf.ini\n  - other=conf.ini\n  - ../../outside\n",
            "web/conf.ini": "x=1\n",
        }
    )
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "prod-conf-5t"}, "data": {}}

    def places(field: str) -> list[tuple[str, int]]:
        return found(made_repository, obj, "web", field, ["web"])

    assert places("data.b") == [("web/kustomization.yaml", 6)]
    assert places('data["conf.ini"]') == [("web/conf.ini", 1)]
    assert places("data.other") == [("web/conf.ini", 1)]
    assert places("data.outside") == []
    assert places("metadata.name")[0] == ("web/kustomization.yaml", 1)


def test_the_last_line_of_an_inline_patch_belongs_to_it(made_repository) -> None:
    made_repository.commit(
        {
            "web/kustomization.yaml": "patches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: add\n"
            "      path: /spec/minReadySeconds\n      value: 5\n",
        }
    )
    obj = {**RENDERED, "spec": {"minReadySeconds": 5}}
    repository = open_repository(str(made_repository.folder), settings=Settings())
    commit = repository.resolve("main")
    manifest = Manifest(
        ResourceKey("apps", "Deployment", "", "x-web"), "apps/v1", obj, Origin("web", 1, 0, commit.sha), ""
    )

    place = next(places_of_field(repository, commit, ["web"], manifest, "spec.minReadySeconds"))

    assert (place.first, place.last) == (4, 6)


def test_a_secrets_text_is_found_where_data_stands_beside_it(made_repository) -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
        "data:\n  token: YQ==\n  both: YQ==\nstringData:\n  user: b\n  both: c\n"
    )
    made_repository.commit({"web/s.yaml": text})
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"token": "YQ=="}}
    repository = open_repository(str(made_repository.folder), settings=Settings())
    commit = repository.resolve("main")
    key = ResourceKey("", "Secret", "", "s")
    manifest = Manifest(key, "v1", obj, Origin("web/s.yaml", 1, 1, commit.sha), "")
    for field, line in (("data.token", 5), ("data.user", 8), ("data.both", 9), ("stringData.user", 8)):
        places = places_of_field(repository, commit, ["web"], manifest, field)
        assert [each.first for each in places] == [line], field


def test_an_item_that_a_patch_makes_what_it_is_stands_in_that_patch(made_repository) -> None:
    made_repository.commit(
        {
            "web/kustomization.yaml": "resources: [s.yaml]\npatches:\n- target: {kind: Service}\n  patch: |-\n"
            "    - op: replace\n      path: /spec/ports/0/port\n      value: 8080\n",
            "web/s.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: 80\n"
            "  - port: 81\n",
        }
    )
    spec = {"ports": [{"port": 8080}, {"port": 81}]}
    obj = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}
    assert found(made_repository, obj, "web", "spec.ports[port=8080,protocol=TCP]", ["web"]) == [
        ("web/kustomization.yaml", 5)
    ]
    assert found(made_repository, obj, "web", "spec.ports[port=81,protocol=TCP]", ["web"]) == [("web/s.yaml", 7)]


SECRET = (
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: pass\nstringData:\n  password: {{ .Values.password | quote }}\n"
    "data:\n  encoded: {{ .Values.password | b64enc }}\n"
)


@pytest.mark.parametrize("field", ["data.password", "data.encoded"])
@pytest.mark.parametrize("value", ["hidden", "other"])
def test_a_secret_of_a_chart_stands_in_the_value_file(made_repository, field: str, value: str) -> None:
    made_repository.commit(
        {
            "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "web/values.yaml": f"a: 1\npassword: {value}\n",
            "web/templates/s.yaml": SECRET,
        }
    )
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pass"}}
    obj |= {"stringData": {"password": "hidden"}, "data": {"encoded": "aGlkZGVu"}}
    places = found(made_repository, obj, "web/templates/s.yaml", field, ["web"])
    assert places == ([("web/values.yaml", 2)] if value == "hidden" else [])


def test_a_file_is_read_once_for_all_its_fields(monkeypatch) -> None:
    asked = []
    real = yamlplaces.load
    monkeypatch.setattr(yamlplaces, "load", lambda *args: (asked.append(args), real(*args))[1])
    text = b"a: once only\nb: [1, 2]\n"
    assert len(nodes_of(text)) == len(nodes_of(bytes(bytearray(text)))) == 1
    assert len(asked) == 1
    assert nodes_of(text) is not nodes_of(text)
