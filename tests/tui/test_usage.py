"""CPU and memory as text."""

from __future__ import annotations

from gitops_tui.model.inspect import Usage, UsageSeries
from gitops_tui.tui.usage import cores, size, spark, usage_lines


def said(series: UsageSeries | None) -> list[str]:
    return ["".join(text for text, _ in line) for line in usage_lines(series)]


def test_the_newest_sample_stands_beside_its_bounds() -> None:
    samples = tuple(Usage(at / 10, 2**20 * 10 * at, 0.5, 1.0, None, 2**20 * 100, 2, str(at)) for at in range(1, 10))
    cpu, memory = said(UsageSeries(samples))
    assert "900m" in cpu
    assert "180% of 500m requested" in cpu
    assert "90% of 1 limit" in cpu
    assert "90Mi" in memory
    assert "90% of 100Mi limit" in memory
    assert "requested" not in memory
    roles = [role for line in usage_lines(UsageSeries(samples)) for text, role in line if "limit" in text]
    assert roles == ["bad", "bad"]


def test_nothing_is_said_where_nothing_is_measured() -> None:
    assert said(None) == said(UsageSeries()) == []


def test_a_sparkline_has_a_bar_for_each_value() -> None:
    assert spark([0, 5, 10], 10) == "▁▅█"
    assert spark([0, 0], 0) == "▁▁"
    assert (cores(0.12), cores(1.5), size(2**30 * 1.5), size(512)) == ("120m", "1.5", "1.5Gi", "512")
