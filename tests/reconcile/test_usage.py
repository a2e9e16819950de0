"""CPU and memory of Pods against requests and limits; where there are no metrics, nothing is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gitops_tui.demo import start_demo
from gitops_tui.demo.metrics import measure, serve_metrics
from gitops_tui.model.inspect import UsageSeries
from gitops_tui.reconcile import Engine, Request
from gitops_tui.reconcile.usage import total
from gitops_tui.settings import Settings
from tests.support.waiting import until


def pod(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": f"c{at}", "resources": each} for at, each in enumerate(resources)]}}


def metrics(*usage: Any) -> dict[str, Any]:
    return {"containers": [{"name": f"c{at}", "usage": each} for at, each in enumerate(usage)]}


def test_usage_is_summed_and_a_bound_that_one_container_lacks_is_none() -> None:
    bounded = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": 1}}
    found = total(
        [
            (pod(bounded), metrics({"cpu": "50m", "memory": "32Mi"})),
            (
                pod(bounded, {"requests": {"cpu": "100m"}}),
                metrics({"cpu": "123456789n"}, {"cpu": "5u", "memory": "1e6"}),
            ),
        ]
    )
    assert found is not None
    assert round(found.cpu, 6) == round(0.05 + 0.123456789 + 0.000005, 6)
    assert found.memory == 32 * 2**20 + 1e6
    assert found.cpu_request is not None
    assert round(found.cpu_request, 6) == 0.3
    assert (found.cpu_limit, found.memory_request, found.memory_limit) == (None, None, None)


def test_odd_amounts_count_as_nothing() -> None:
    found = total([(pod({"limits": {"cpu": ["1"]}}), metrics({"cpu": "much", "memory": True}, None))])
    assert found is not None
    assert (found.cpu, found.memory, found.cpu_limit) == (0.0, 0.0, None)
    assert total([]) is None


def test_a_workload_is_measured_where_the_cluster_serves_metrics_and_only_there(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    demo = start_demo(folder)
    settings = Settings(state_folder=tmp_path / "s", cache_folder=tmp_path / "c", read_only=True)

    def look(heard: list[UsageSeries]) -> Engine:
        engine = Engine(Request(files=(demo.applications / "web.yaml",), kubeconfig=demo.kubeconfig), settings)
        engine.start()
        until(
            lambda: engine.snapshot.applications and not any(a.loading for a in engine.snapshot.applications.values())
        )
        (app, state) = next(iter(engine.snapshot.applications.items()))
        key = next(key for key in state.resources if key.kind == "Deployment")
        until(lambda: running(engine, key) and all("Running" in each.summary for each in running(engine, key)))
        engine.follow_usage(app, key, "", heard.append)
        return engine

    def running(engine: Engine, key: Any) -> list[Any]:
        (state,) = engine.snapshot.applications.values()
        return [pod for replica_set in state.resources[key].owned for pod in replica_set.children]

    heard: list[UsageSeries] = []
    engine = look(heard)
    try:
        until(lambda: not any("_follow_usage" in str(each.get_coro()) for each in _tasks(engine)))
        assert heard == []
        assert not engine.snapshot.conditions
    finally:
        engine.stop()
    serve_metrics(demo.cluster)
    measure(demo.cluster, 0.0)
    engine = look(heard)
    try:
        until(lambda: heard)
        (sample,) = heard[-1].samples
        assert sample.pods >= 1
        assert 0.02 * sample.pods <= sample.cpu <= 0.2 * sample.pods
        assert sample.memory > 2**20
    finally:
        engine.stop()
        demo.stop()


def _tasks(engine: Engine) -> set[Any]:
    import asyncio

    return asyncio.all_tasks(engine.loop)
