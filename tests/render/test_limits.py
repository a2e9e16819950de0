"""What a source makes a program do is bounded: time, memory, sizes; each a clear error."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from gitops_tui.errors import GitError, RenderError
from gitops_tui.render.helmwords import problems
from gitops_tui.settings import Settings
from tests.render.charts import CHART, rendered
from tests.render.test_kustomize import KUSTOMIZATION, built

SMALL = Settings(render_memory=100_000_000, helm_in_process=False)
helm = pytest.mark.skipif(not shutil.which("helm"), reason="needs the program helm")
kustomize = pytest.mark.skipif(not shutil.which("kustomize"), reason="needs the program kustomize")


@helm
def test_the_program_helm_gets_no_more_memory_than_the_setting_says(made_repository) -> None:
    eats = '{{ $x := "0123456789" }}{{ range until 60 }}{{ $x = printf "%s%s" $x $x }}{{ end }}'
    made_repository.commit({"a/Chart.yaml": CHART, "a/templates/x.yaml": eats})
    with pytest.raises(RenderError, match=r"helm needed more memory than it may have \(100000000 bytes\)") as raised:
        rendered(made_repository.folder, settings=SMALL)
    assert "render_memory" in raised.value.hint


@kustomize
def test_an_anchor_bomb_in_a_base_ends_with_the_memory_of_kustomize(made_repository) -> None:
    bomb = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    made_repository.commit({"a/kustomization.yaml": KUSTOMIZATION + "resources: [x.yaml]\n", "a/x.yaml": bomb})
    with pytest.raises(RenderError, match="kustomize needed more memory"):
        built(made_repository, settings=SMALL)


@kustomize
def test_a_base_that_is_too_large_is_named(made_repository) -> None:
    made_repository.commit(
        {"a/kustomization.yaml": KUSTOMIZATION + "resources: [x.yaml]\n", "a/x.yaml": "a: b\n" * 400}
    )
    with pytest.raises(GitError, match=r"larger than 1000 bytes together; a/x\.yaml alone has 2000"):
        built(made_repository, settings=replace(SMALL, max_manifest_bytes=1000))


def test_of_a_long_chain_of_includes_both_ends_are_told() -> None:
    chain = "".join(
        f'error calling include: template: web/templates/x.yaml:{at}:1: executing "a" at <x>: ' for at in range(90)
    )
    (problem,) = problems(
        f"Error: web/templates/x.yaml:1:2\n  {chain}rendering template has a nested reference name: a", "a", {}
    )
    assert problem.path == "a/templates/x.yaml"
    assert problem.message.endswith("rendering template has a nested reference name: a")
    assert len(problem.message) < 1600
