"""What a chart renders otherwise each time: found by field, remembered without values, never more than that."""

from __future__ import annotations

import importlib
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_tui.render import helmlibrary
from gitops_tui.settings import Settings
from tests.render.charts import CHART, rendered

renderer = importlib.import_module("gitops_tui.render.render")
helm_module = importlib.import_module("gitops_tui.render.helm")
pytestmark = pytest.mark.skipif(
    not helmlibrary.library_version() and helm_module.shutil.which("helm") is None, reason="needs the extra or the program helm"
)  # fmt: skip

SECRET = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {a/b: {{ randAlpha 9 }}}}\n"
    "stringData: {password: {{ randAlphaNum 30 | quote }}, fixed: x}\ndata: {more: {{ randAlphaNum 30 | b64enc }}}\n"
)
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  template:\n    spec:\n"
    "      containers: [{name: c, env: [{name: FIXED, value: x}, {name: ID, value: {{ uuidv4 }}}]}]\n"
)


def commit(made_repository, **templates: str) -> Path:
    made_repository.commit(
        {"a/Chart.yaml": CHART, **{f"a/templates/{name}.yaml": text for name, text in templates.items()}}
    )
    return made_repository.folder


def test_the_fields_that_differ_are_marked_and_no_others(made_repository) -> None:
    renderer.forget()
    found = rendered(commit(made_repository, s=SECRET, d=DEPLOYMENT))
    marked = {each.key.kind: set(each.random) for each in found.manifests}
    assert marked == {
        "Secret": {"/stringData/password", "/data/password", "/data/more", "/metadata/annotations/a~1b"},
        "Deployment": {"/spec/template/spec/containers/0/env/1/value"},
    }


def test_an_object_whose_name_is_random_is_nobodys_twin(made_repository) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x-{{ randAlpha 12 | lower }}}\ndata: {a: {{ randAlpha 9 }}}\n"
    found = rendered(commit(made_repository, c=text))
    assert [each.random for each in found.manifests] == [()]
    assert "metadata.name" in found.warnings[0]


def test_the_time_in_seconds_is_found_as_well(made_repository) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {at: '{{ now | unixEpoch }}', b: c}\n"
    assert [each.random for each in rendered(commit(made_repository, c=text)).manifests] == [("/data/at",)]


def test_the_program_finds_the_same(made_repository) -> None:
    if helm_module.shutil.which("helm") is None:
        pytest.skip("needs the program helm")
    folder = commit(made_repository, s=SECRET)
    found = rendered(folder, settings=replace(Settings(), helm_in_process=False))
    assert "/stringData/password" in found.manifests[0].random


def test_what_was_found_outlives_a_restart_also_for_a_secret_whose_values_never_reach_the_disk(
    made_repository, monkeypatch, tmp_path: Path
) -> None:
    settings = Settings(cache_folder=tmp_path / "own-cache")
    renderer.forget()
    folder = commit(made_repository, s=SECRET, d=DEPLOYMENT)
    first = rendered(folder, settings=settings)
    values = [first.manifests[0].obj["stringData"]["password"], first.manifests[0].obj["data"]["more"]]
    kept = [each.read_bytes() for each in (settings.cache_folder / "renders").iterdir()]
    assert kept
    for data in kept:
        plain = data + (zlib.decompress(data[data.index(b"x\x01") :]) if b"x\x01" in data else b"")
        assert not any(value.encode() in plain for value in values)
    renderer.forget()
    # In the next session two renderings happen to agree.
    monkeypatch.setattr(helm_module, "may_be_random", lambda *_: False)
    again = rendered(folder, settings=settings)
    assert again.manifests[0].digest != first.manifests[0].digest
    assert [set(each.random) for each in again.manifests] == [set(each.random) for each in first.manifests]


def test_a_damaged_finding_is_passed_over(made_repository, tmp_path: Path) -> None:
    settings = Settings(cache_folder=tmp_path / "own-cache")
    renderer.forget()
    folder = commit(made_repository, s=SECRET)
    first = rendered(folder, settings=settings)
    (file,) = (settings.cache_folder / "renders").glob("*.found")
    file.write_bytes(file.read_bytes()[:-3] + b"xxx")
    renderer.forget()
    assert set(rendered(folder, settings=settings).manifests[0].random) == set(first.manifests[0].random)
