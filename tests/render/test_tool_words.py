"""What the programs quote when they fail never shows a Secret's value; and which document of a file is meant is said."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from gitops_tui.errors import GitOpsError, RenderError
from gitops_tui.render.loader import load
from gitops_tui.render.toolwords import without_contents
from gitops_tui.settings import Settings
from tests.render.charts import CHART, rendered
from tests.render.test_kustomize import DEPLOYMENT, KUSTOMIZATION, built

CANARY = "canary-5ecret"
SCHEMA = '{"properties": {"password": {"type": "string", "pattern": "^[0-9]+$", "format": "ipv4"}}}'
helm = pytest.mark.skipif(not shutil.which("helm"), reason="needs the program helm")
kustomize = pytest.mark.skipif(not shutil.which("kustomize"), reason="needs the program kustomize")


@helm
@pytest.mark.parametrize("in_process", [True, False])
@pytest.mark.parametrize(
    ("files", "block"),
    [
        ({"a/values.schema.json": SCHEMA}, {"values": f"password: {CANARY}"}),
        ({"a/templates/x.yaml": "a: {{ mustToDate `2006` .Values.password }}"}, {"values": f"password: {CANARY}"}),
        ({"a/templates/x.yaml": "a: {{ semver .Values.password }}"}, {"values": f"password: {CANARY}"}),
        (
            {"a/templates/x.yaml": "a: {{ .Values.password | urlParse }}"},
            {"values": f"password: 'http://u:{CANARY}@[x'"},
        ),
        ({"a/templates/x.yaml": "a: {{ .Values.password.deeper }}"}, {"values": f"password: {CANARY}"}),
        (
            {"a/templates/x.yaml": "kind: Secret\nstringData: {p: {{ .Values.password }}}}\n"},
            {"values": f"password: {CANARY}"},
        ),
        ({"a/templates/x.yaml": "a: b"}, {"values": CANARY}),
        ({"a/templates/x.yaml": "a: b"}, {"values": f"- {CANARY}"}),
        (
            {"a/templates/x.yaml": "a: {{ int .Values.password | add1 | fail }}"},
            {"parameters": [{"name": "password", "value": CANARY}]},
        ),
    ],
)
def test_helm_failures_quote_no_value(
    made_repository, files: dict[str, str], block: dict[str, Any], in_process: bool
) -> None:
    made_repository.commit({"a/Chart.yaml": CHART, "a/templates/_x.tpl": "", **files})
    with pytest.raises(GitOpsError) as raised:
        rendered(made_repository.folder, settings=Settings(helm_in_process=in_process), **block)
    assert CANARY not in f"{raised.value} {raised.value.hint}"


@kustomize
@pytest.mark.parametrize(
    "text",
    [
        f"resources: [x.yaml]\npatches: [{{patch: 'stringData: {{p: {CANARY}'}}]\n",
        f'resources: [x.yaml]\npatches: [{{patch: \'{{"kind": "Secret", "stringData": {{"p": "{CANARY}"}}}}\'}}]\n',
        f"resources: [x.yaml]\nsecretGenerator: [{{name: s, literals: ['{CANARY}']}}]\n",
        f"resources: [x.yaml]\nsecretGenerator: [{{name: s, literals: ['a={CANARY}', 'a={CANARY}2']}}]\n",
        f"resources: [x.yaml]\nsecretGenerator: [{{name: s, nonsense: ['a={CANARY}']}}]\n",
        "resources: [x.yaml]\npatches: [{path: p.yaml, target: {kind: Deployment}}]\nconfigMapGenerator: [{name: s, envs: [p.yaml]}]\n",
    ],
)
def test_kustomize_failures_quote_no_value(made_repository, text: str) -> None:
    made_repository.commit(
        {
            "a/kustomization.yaml": KUSTOMIZATION + text,
            "a/x.yaml": DEPLOYMENT,
            "a/p.yaml": f"- {{op: nonsense, path: x, value: {CANARY}}}\n",
        }
    )
    with pytest.raises(RenderError) as raised:
        built(made_repository)
    assert CANARY not in f"{raised.value} {raised.value.hint}"


def test_what_is_no_quote_of_input_stays() -> None:
    for text in (
        "execution error at (a/x.yaml:1:2): name the team",
        "got string, want integer",
        "file 'x.yaml' is missing",
        'key "a" has no value',
    ):
        assert without_contents(text) == text


def test_the_document_is_named_where_it_is_not_the_first() -> None:
    good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    _, problem = load(f"{good}---\n{good}---\na: b\n  c: d\n".encode(), "x.yaml")
    assert problem is not None
    assert (problem.line, problem.column > 0, problem.message.endswith("(document 3)")) == (10, True, True)
    _, problem = load(b"a: 1\na: 2\n", "x.yaml")
    assert problem is not None
    assert "document" not in problem.message


def test_an_object_that_is_none_is_named_with_its_document(made_repository) -> None:
    made_repository.commit(
        {"a/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\n"}
    )
    with pytest.raises(RenderError, match=r"a/x\.yaml:5.*\(document 2\)"):
        built(made_repository)
