"""Waves are read as Argo CD reads them, and what is read differently from what is written is said."""

from __future__ import annotations

import pytest

from gitops_tui.sync.annotations import HELM_WEIGHT, WAVE, bad_wave, unknown_annotations, wave
from gitops_tui.sync.oddities import oddities


def _obj(**notes: str) -> dict[str, object]:
    names = {"wave": WAVE, "weight": HELM_WEIGHT}
    return {"metadata": {"annotations": {names[name]: text for name, text in notes.items()}}}


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("-5", -5), ("+7", 7), ("007", 7), ("0", 0)])
def test_a_wave_is_a_number_with_a_sign(text: str, number: int) -> None:
    assert (wave(_obj(wave=text)), bad_wave(_obj(wave=text))) == (number, None)


@pytest.mark.parametrize(
    "text", ["", " 3", "3 ", "1_000", "\u00b2", "\u0663", "--1", "+-2", "1.5", "x", "9223372036854775808", "9" * 5000]
)
def test_what_is_no_number_counts_as_nothing_and_is_said(text: str) -> None:
    assert (wave(_obj(wave=text)), bad_wave(_obj(wave=text))) == (0, (WAVE, text))
    assert (wave(_obj(weight=text)), bad_wave(_obj(weight=text))) == (0, (HELM_WEIGHT, text))


def test_the_weight_of_a_helm_hook_counts_where_the_wave_does_not() -> None:
    assert wave(_obj(weight="4")) == 4
    assert wave(_obj(wave="2", weight="4")) == 2
    assert wave(_obj(wave="x", weight="4")) == 4
    assert bad_wave(_obj(wave="x", weight="4")) == (WAVE, "x")


def test_a_misspelt_annotation_is_named_and_those_of_argo_cd_and_others_are_not() -> None:
    fine = ("argocd.argoproj.io/sync-wave", "argocd.argoproj.io/tracking-id", "gitops-tui.io/tracking-id")
    others = ("link.argocd.argoproj.io/external-link", "example.com/x", "notifications.argoproj.io/subscribe.x")
    obj = {"metadata": {"annotations": dict.fromkeys((*fine, *others, "argocd.argoproj.io/sync-waves"), "1")}}
    assert unknown_annotations(obj) == ("argocd.argoproj.io/sync-waves",)
    assert oddities({"metadata": {"annotations": {"argocd.argoproj.io/hok": "PreSync"}}}) == (
        "the annotation argocd.argoproj.io/hok is not known and has no effect",
    )


def test_everything_that_has_no_effect_is_said_in_one_place() -> None:
    names = {
        "argocd.argoproj.io/sync-options": "Prun=false",
        "argocd.argoproj.io/hook": "PreSnyc",
        "argocd.argoproj.io/hook-delete-policy": "Never",
        "argocd.argoproj.io/sync-wave": "first",
    }
    said = " | ".join(oddities({"metadata": {"annotations": names}}))
    for word in (
        "Prun=false is not known",
        "'PreSnyc': it is never run",
        "'Never': it has no effect",
        "'first' is not a number",
    ):
        assert word in said
    assert not oddities({"metadata": {"name": "a"}})
    assert not oddities({"metadata": {"annotations": "odd"}})
