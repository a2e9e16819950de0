"""Sources made to run something, to read something, or to lose objects."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gitops_tui.errors import GitOpsError, RenderError
from gitops_tui.git import open_repository
from gitops_tui.model.application import DirectorySource, Source
from gitops_tui.render import Rendered, dump, render
from gitops_tui.render.helm import _escaped, _release, _request
from gitops_tui.render.kustomization import edit, refuse_remote
from gitops_tui.render.loader import load
from gitops_tui.settings import Settings

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '%s'}\n"
KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: c, image: nginx:1}]}}}\n"
)
kustomize = pytest.mark.skipif(not shutil.which("kustomize"), reason="needs the program kustomize")


def _render(made, **source) -> Rendered:
    repository = open_repository(str(made.folder), settings=Settings())
    try:
        commit = repository.resolve("HEAD")
        return render(
            repository, commit, Source("x", path="a", **source), app_name="app", namespace="d", settings=Settings()
        )
    finally:
        repository.close()


def _names(rendered: Rendered) -> list[str]:
    return [each.key.name for each in rendered.manifests]


def test_include_and_exclude_reach_into_sub_folders_as_in_argo_cd(made_repository) -> None:
    made_repository.commit({"a/one.yaml": CONFIG % "one", "a/b/two.yaml": CONFIG % "two", "a/b/no.yml": CONFIG % "no"})
    assert set(_names(_render(made_repository, directory=DirectorySource(True, include="*.yaml")))) == {"one", "two"}
    assert set(_names(_render(made_repository, directory=DirectorySource(True, exclude="*no.yml")))) == {"one", "two"}


def test_files_marked_to_be_skipped_are_skipped(made_repository) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "x", "a/no.yaml": f"# +argocd:skip-file-rendering\n{CONFIG % 'no'}"})
    assert _names(_render(made_repository)) == ["x"]


def test_a_template_beside_manifests_is_passed_over_with_a_warning(made_repository) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "x", "a/template.yaml": "a: {{ .Values.x }}\n"})
    rendered = _render(made_repository)
    assert _names(rendered) == ["x"]
    assert "a/template.yaml" in rendered.warnings[0]


def test_a_broken_object_is_never_passed_over(made_repository) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "x", "a/y.yaml": CONFIG % "y" + "data: {{ x }}\n"})
    with pytest.raises(RenderError, match=r"a/y\.yaml:4"):
        _render(made_repository)
    made_repository.commit({"a/y.yaml": CONFIG % "y" + "---\na: {{ x }}\n"})
    with pytest.raises(RenderError, match=r"a/y\.yaml:5"):
        _render(made_repository)


def test_json_with_escaped_emoji_is_read(made_repository) -> None:
    made_repository.commit(
        {"a/x.json": '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"\\ud83d\\ude00"}}'}
    )
    assert _render(made_repository).manifests[0].obj["data"] == {"a": "\N{GRINNING FACE}"}


# What kubectl makes of each.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("y", True),
        ("N", False),
        ("on", True),
        ("0o17", 15),
        ("0777", 511),
        ("1_000", 1000),
        ("08", 8),
        ("1e3", 1000),
        ("0b11", 3),
        ("12:30:45", "12:30:45"),
        ("2001-01-01", "2001-01-01"),
        ("=", "="),
        ("1e-3", 0.001),
    ],
)
def test_plain_scalars_are_what_kubernetes_makes_of_them_and_text_is_dumped_in_quotes(text: str, value: object) -> None:
    assert load(f"a: {text}".encode(), "x")[0][0][2] == {"a": value}
    assert load(dump({"a": text, text: "b"}).encode(), "x")[0][0][2] == {"a": text, text: "b"}


def test_the_sources_own_block_says_which_type_it_is(made_repository) -> None:
    made_repository.commit({"a/Chart.yaml": CONFIG % "plain"})
    assert _render(made_repository, directory=DirectorySource(recurse=True)).source_type == "Directory"
    with pytest.raises(RenderError, match="several types"):
        _render(made_repository, kustomize={"namePrefix": "x"}, helm={"releaseName": "x"})


def test_override_files_of_the_repository_count_and_cannot_ask_for_a_plugin(made_repository) -> None:
    files = {"a/b/x.yaml": CONFIG % "x", "a/.argocd-source.yaml": "directory: {recurse: true, exclude: '*x.yaml'}"}
    files["a/.argocd-source-app.yaml"] = "directory: {exclude: null}\nrepoURL: https://example.com/evil\n"
    made_repository.commit(files)
    rendered = _render(made_repository)
    assert _names(rendered) == ["x"]
    assert any("repoURL" in warning for warning in rendered.warnings)
    made_repository.commit({"a/.argocd-source.yaml": "plugin: {name: sh}"})
    with pytest.raises(RenderError, match="asks for a plugin"):
        _render(made_repository)


@pytest.mark.parametrize("name", ["--post-renderer=./x", "--set-file=a=/etc/passwd", "-f", "", "a/b", "A", "a" * 54])
def test_a_release_name_is_never_an_option(name: str) -> None:
    with pytest.raises(RenderError, match="release name"):
        _release(name)


def test_a_value_file_name_cannot_name_a_second_file(tmp_path: Path) -> None:
    place = tmp_path / "root" / "a" / "x," / "etc" / "passwd"
    place.parent.mkdir(parents=True)
    place.write_text("")
    with pytest.raises(RenderError, match="can't be given"):
        _request({"valueFiles": ["x,/etc/passwd"]}, {"": tmp_path / "root"}, "a", {}, "app", "d", "", (), Settings())


@pytest.mark.parametrize("block", [{"valueFiles": "x"}, {"parameters": ["x"]}, {"parameters": {}, "values": 3}])
def test_odd_helm_blocks_are_named(tmp_path: Path, block) -> None:
    with pytest.raises(RenderError, match=r"spec\.source\.helm"):
        _request(block, {"": tmp_path}, "a", {}, "app", "d", "", (), Settings())


def test_commas_are_escaped_as_in_argo_cd() -> None:
    assert [_escaped(each) for each in ("a,b", r"a\,b", "{a,b}")] == [r"a\,b", r"a\,b", "{a,b}"]


@pytest.mark.parametrize(
    "block", [{"replicas": ["x"]}, {"replicas": [{"name": "x", "count": "y"}]}, {"images": "x"}, {"commonLabels": []}, {"commonLabels": ["x"]}, {"patches": {"x": 1}}, {"commonAnnotations": {"there": "x"}}],
)  # fmt: skip
def test_odd_kustomize_blocks_are_named(tmp_path: Path, block) -> None:
    text = KUSTOMIZATION + "commonAnnotations: {there: already}\n"
    (tmp_path / "kustomization.yaml").write_text(text)
    if block == {"commonLabels": []}:
        edit(tmp_path, tmp_path, block)
        assert (tmp_path / "kustomization.yaml").read_text() == text
    else:
        with pytest.raises(RenderError, match="kustomize"):
            edit(tmp_path, tmp_path, block)


def test_only_remote_bases_that_are_built_on_are_refused(tmp_path: Path) -> None:
    for name, resource in (("a", "../base"), ("base", "d.yaml"), ("other", "HTTPS://example.com/x?ref=1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kustomization.yaml").write_text(f"{KUSTOMIZATION}resources: ['{resource}']\n")
    refuse_remote(tmp_path / "a", tmp_path)
    (tmp_path / "base" / "kustomization.yaml").write_text(f"{KUSTOMIZATION}resources: [../other]\n")
    with pytest.raises(RenderError, match=r"other/kustomization\.yaml: resources: HTTPS://example"):
        refuse_remote(tmp_path / "a", tmp_path)


@kustomize
def test_what_the_application_sets_is_set_as_kustomize_edit_sets_it(made_repository, tmp_path: Path) -> None:
    made_repository.commit(
        {
            "a/kustomization.yaml": KUSTOMIZATION
            + "namePrefix: old-\nimages: [{name: nginx, newName: my/nginx, newTag: '1'}]\nresources: [d.yaml]\n",
            "a/d.yaml": DEPLOYMENT,
            "a/p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {paused: true}\n",
        }
    )
    copy = tmp_path / "copy"
    shutil.copytree(made_repository.folder / "a", copy)
    for line in (
        ["set", "nameprefix", "--", "new-"],
        ["set", "image", "nginx=*:2"],
        ["set", "replicas", "web=3"],
        ["add", "label", "team:x"],
        ["set", "namespace", "--", "ns"],
        ["add", "patch", "--path", "p.yaml"],
    ):
        subprocess.run(["kustomize", "edit", *line], cwd=copy, check=True, capture_output=True)
    built = subprocess.run(["kustomize", "build", "."], cwd=copy, check=True, capture_output=True).stdout
    rendered = _render(
        made_repository,
        kustomize={
            "namePrefix": "new-",
            "images": ["nginx=*:2"],
            "replicas": [{"name": "web", "count": 3}],
            "commonLabels": {"team": "x"},
            "namespace": "ns",
            "patches": [{"path": "p.yaml"}],
        },
    )
    assert [each.obj for each in rendered.manifests] == [each[2] for each in load(built, "x")[0]]
    assert _names(rendered) == ["new-web"]


def test_no_odd_source_ends_in_anything_but_a_clear_error(made_repository) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "x"})
    for source in ({"kustomize": {"images": [1]}}, {"helm": {"valueFiles": ["/x"]}}, {"plugin": {"name": "x"}}):
        with pytest.raises(GitOpsError):
            _render(made_repository, **source)
