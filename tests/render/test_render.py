"""Rendering folders, and saying what is wrong with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_tui.errors import RenderError
from gitops_tui.git import open_repository
from gitops_tui.model.application import Source
from gitops_tui.render import dump, render
from gitops_tui.render.loader import load
from gitops_tui.settings import Settings

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


def _render(made, path: str = "a"):
    repository = open_repository(str(made.folder), settings=Settings())
    try:
        commit = repository.resolve("HEAD")
        return render(repository, commit, Source("x", path=path), app_name="a", namespace="d", settings=Settings())
    finally:
        repository.close()


def test_documents_and_lists_become_manifests_with_their_place(made_repository) -> None:
    made_repository.commit(
        {
            "a/x.yaml": CONFIG % "one" + "---\n# nothing\n---\n" + CONFIG % "two",
            "a/y.json": '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}}]}',
            "a/README.md": "no",
        }
    )
    found = _render(made_repository).manifests
    assert [(each.key.name, each.origin.path, each.origin.line) for each in found] == [
        ("one", "a/x.yaml", 1),
        ("two", "a/x.yaml", 7),
        ("s", "a/y.json", 1),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c\n", r"a/x.yaml:1:5: .*\n    a: b: c"),
        ("apiVersion: v1\nmetadata: {name: x}\n", "has no kind"),
        ("apiVersion: v1\nkind: ConfigMap\n", "has no metadata.name"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 12}\n", "must be text"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ../x}\n", "can't be one"),
        ("- 1\n", "must be a mapping"),
        (CONFIG % "x" + "kind: Secret\n", "there twice"),
        (CONFIG % "x" + "data: {a: .nan}\n", "JSON can't carry"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(made_repository, text: str, said: str) -> None:
    made_repository.commit({"a/x.yaml": text})
    with pytest.raises(RenderError) as raised:
        _render(made_repository)
    assert raised.match(said)
    assert "a/x.yaml" in str(raised.value)


def test_an_empty_folder_is_an_error(made_repository) -> None:
    made_repository.commit({"a/README.md": "x"})
    with pytest.raises(RenderError, match="no manifests in a"):
        _render(made_repository)


def test_alias_bombs_and_deep_nesting_are_refused_quickly() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert load(bomb.encode(), "x")[1] is not None
    assert load(b"[" * 100_000, "x")[1] is not None
    assert load(b"\xff\xfe", "x")[1] is not None


def test_scalars_are_read_as_kubernetes_reads_them() -> None:
    documents, problem = load(b"a: yes\nb: 0777\nc: 1e3\nd: 2001-01-01\ne: '1'\nf: ~\ng: 1.5\n", "x")
    assert problem is None
    assert documents[0][2] == {"a": True, "b": 511, "c": 1000, "d": "2001-01-01", "e": "1", "f": None, "g": 1.5}


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_loader(data: bytes) -> None:
    load(data, "x")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text("abc/.", min_size=1, max_size=5), below, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text("abc", min_size=1), json_values, max_size=4))
def test_what_is_dumped_reads_back_the_same(obj) -> None:
    documents, problem = load(dump(obj).encode(), "x")
    assert problem is None
    assert documents[0][2] == obj
