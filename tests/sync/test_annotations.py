"""Waves are read as Argo CD reads them, and what is read differently from what is written is said."""

from __future__ import annotations

import pytest

from gitops_tui.sync.annotations import HELM_WEIGHT, WAVE, bad_wave, wave


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
