"""An object that two applications hold is reported on both."""

from __future__ import annotations

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.reconcile.claims import Claims

A, B, ELSEWHERE = AppKey("c", "", "a"), AppKey("c", "", "b"), AppKey("other", "", "a")
ONE, TWO = ResourceKey("", "ConfigMap", "n", "one"), ResourceKey("", "ConfigMap", "n", "two")


def test_both_are_told_and_told_again_when_one_lets_go() -> None:
    claims = Claims()
    assert claims.hold(A, [ONE, TWO]) == set()
    assert claims.hold(B, [ONE]) == {A}
    assert claims.shared(A) == [(ONE, [B])]
    assert claims.shared(B) == [(ONE, [A])]
    assert claims.hold(B, []) == {A}
    assert claims.shared(A) == []


def test_the_same_name_on_another_cluster_is_another_object() -> None:
    claims = Claims()
    claims.hold(A, [ONE])
    assert claims.hold(ELSEWHERE, [ONE]) == set()
    assert claims.shared(A) == []
