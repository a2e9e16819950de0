"""diff --three-way and ignore by the command line, on the embedded cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.cli.main import run
from gitops_tui.demo import DemoCluster
from gitops_tui.kube.transport import Transport
from tests.reconcile.drift_world import DEPLOYMENT

CONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "flags", "namespace": "default"},
    "data": {"level": "low", "mode": "fast"},
}


class Place:
    """A cluster and a repository with one application `web`, which was synced once."""

    def __init__(self, folder: Path, repository: Any, cluster: DemoCluster, capsys: pytest.CaptureFixture[str]) -> None:
        self.repository, self.cluster, self._capsys = repository, cluster, capsys
        self._kubeconfig = cluster.kubeconfig(folder / "kubeconfig")
        self.commit(CONFIG)
        assert self("sync", "web", "--yes")[0] == 0

    def commit(self, obj: dict[str, Any]) -> str:
        return str(self.repository.commit({"apps/web/c.yaml": yaml.safe_dump(obj)}, "change"))

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """(exit code, standard output, standard error)."""
        where = ["--repo", str(self.repository.folder), "--path", "apps/*", "--kubeconfig", str(self._kubeconfig)]
        self._capsys.readouterr()
        code = run([*where, "--namespace", "default", *arguments])
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def place(
    made_repository: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Place]:
    monkeypatch.setenv("GITOPS_TUI_CONFIG", str(tmp_path / "settings.yaml"))
    with DemoCluster(delay=0) as cluster:
        yield Place(tmp_path, made_repository, cluster, capsys)


def test_three_ways_tell_who_moved(place: Place) -> None:
    place.cluster.do("kubectl-edit", {**CONFIG, "data": {"level": "by hand", "mode": "fast"}})
    place.commit({**CONFIG, "data": {"level": "low", "mode": "slow"}})
    code, out, _ = place("diff", "web", "--three-way")
    assert code == 1
    lines = [line for line in out.splitlines() if not line.startswith(("#", "-", "+"))]
    told = [(line[:10].strip(), line[10:].strip()) for line in lines]
    wanted = [
        ("last=Git", "level: low"),
        ("live", "level: by hand"),
        ("last=live", "mode: fast"),
        ("Git", "mode: slow"),
    ]
    assert [each for each in told if each[0] and each[0] != "…"] == wanted
    assert "(both changed)" in out
    found = json.loads(place("diff", "web", "--three-way", "-o", "json")[1])
    assert found["moved"] == {"git": 0, "cluster": 0, "both": 1}
    rows = [row for row in found["resources"][0]["threeWay"]["rows"] if row["moved"]]
    assert rows == [
        {
            "path": "data.level",
            "moved": "cluster changed",
            "last": "  level: low",
            "git": "  level: low",
            "live": "  level: by hand",
        },
        {
            "path": "data.mode",
            "moved": "Git changed",
            "last": "  mode: fast",
            "git": "  mode: slow",
            "live": "  mode: fast",
        },
    ]
    assert "1 of 1 drifted (1 both)" in place("status", "web")[1]


def test_a_field_is_ignored_by_a_rule_in_the_settings(place: Place, tmp_path: Path) -> None:
    place.cluster.do("kubectl-edit", {**CONFIG, "data": {"level": "by hand", "mode": "fast"}})
    settings = tmp_path / "settings.yaml"
    settings.write_text("# mine\nconfirm: true\n")
    code, out, _ = place("ignore", "web", "ConfigMap/flags", "data.level", "--print")
    assert code == 0
    assert yaml.safe_load(out) == {
        "ignoreDifferences": [
            {"kind": "ConfigMap", "name": "flags", "namespace": "default", "jsonPointers": ["/data/level"]}
        ]
    }
    assert "ignore_differences" not in settings.read_text()
    code, _, err = place("ignore", "web", "ConfigMap/flags", "data..level")
    assert code == 2
    assert "is no path of a field" in err
    code, out, _ = place(
        "ignore", "web", "ConfigMap/flags", "data.level", "--for", "application", "--yes", "-o", "json"
    )
    assert code == 0
    assert json.loads(out) == {
        "rule": {"application": "web", "kind": "ConfigMap", "jsonPointers": ["/data/level"]},
        "hides": [
            {"application": "web", "resource": "ConfigMap default/flags", "paths": ["data.level"], "settles": True}
        ],
        "file": str(settings),
    }
    assert settings.read_text().startswith("# mine\nconfirm: true\n")
    code, _, _ = place("diff", "web")
    assert code == 0
    hidden = json.loads(place("status", "web", "-o", "json")[1])["applications"][0]["resources"][0]["hidden"]
    assert [(each["path"], each["ignoredBy"]) for each in hidden] == [
        ("data.level", "setting ignore_differences: /data/level")
    ]


def test_a_diff_asks_for_no_kinds_but_the_manifests_own(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.commit(DEPLOYMENT)
    assert place("sync", "web", "--yes")[0] == 0
    place.cluster.do("kubectl-edit", {**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "replicas": 2}})
    asked: list[str] = []
    request = Transport.request

    async def heard(self: Transport, method: str, path: str, **rest: Any) -> dict[str, Any]:
        asked.append(path)
        return await request(self, method, path, **rest)

    monkeypatch.setattr(Transport, "request", heard)
    found = next(each for each in json.loads(place("diff", "web", "-o", "json")[1])["resources"] if each["group"])
    assert (found["name"], "owned" in found) == ("web", False)
    assert "/apis/apps/v1/deployments" in asked
    assert not {each for each in asked if each.endswith(("/replicasets", "/pods"))}
    listed = json.loads(place("status", "web", "-o", "json")[1])["applications"][0]["resources"]
    found = next(each for each in listed if each["group"])
    assert [each["kind"] for each in found["owned"]] == ["ReplicaSet"]


def test_no_dry_run_is_asked_about_other_applications(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**CONFIG, "metadata": {"name": "other", "namespace": "default"}}
    place.repository.commit({"apps/other/c.yaml": yaml.safe_dump(other)}, "another application")
    assert place("sync", "web", "--yes")[0] == 0
    assert place("sync", "other", "--yes")[0] == 0
    for each in (CONFIG, other):
        place.cluster.do("kubectl-edit", {**each, "data": {"level": "by hand", "mode": "fast"}})
    asked: list[str] = []
    request = Transport.request

    async def heard(self: Transport, method: str, path: str, **rest: Any) -> dict[str, Any]:
        asked.append(f"{method} {path.rpartition('/')[2]}")
        return await request(self, method, path, **rest)

    monkeypatch.setattr(Transport, "request", heard)
    for command in ("diff", "status"):
        asked.clear()
        place(command, "web")
        assert [each for each in asked if each.startswith("PATCH")] == ["PATCH flags"]
    asked.clear()
    place("status")
    assert sorted(each for each in asked if each.startswith("PATCH")) == ["PATCH flags", "PATCH other"]


def test_an_object_that_cannot_be_judged_keeps_no_other_from_its_dry_run(place: Place) -> None:
    odd = {"apiVersion": "none.example.org/v1", "kind": "Odd", "metadata": {"name": "odd", "namespace": "default"}}
    place.repository.commit({"apps/web/odd.yaml": yaml.safe_dump(odd)}, "a kind that is not served")
    place.cluster.do("kubectl-edit", {**CONFIG, "data": {"level": "by hand", "mode": "fast"}})
    code, out, _ = place("diff", "web", "-o", "json")
    assert code == 2
    (found,) = json.loads(out)["resources"]
    assert (found["name"], found["confirmed"]) == ("flags", True)


def test_what_does_not_count_is_said_and_is_no_drift(place: Place, tmp_path: Path) -> None:
    extra = {**CONFIG, "metadata": {"name": "extra", "namespace": "default"}}
    extra["metadata"]["annotations"] = {"argocd.argoproj.io/compare-options": "IgnoreExtraneous"}
    place.repository.commit({"apps/web/extra.yaml": yaml.safe_dump(extra)}, "one more")
    assert place("sync", "web", "--yes")[0] == 0
    place.repository.commit({"apps/web/extra.yaml": None}, "one less")
    code, out, _ = place("diff", "web")
    assert code == 0
    assert "# not counted, compare-options: IgnoreExtraneous" in out
    assert "# taken out of Git" in out
    assert "not counted, compare-options: IgnoreExtraneous" in place("status", "web")[1]


def test_what_rules_hide_is_counted(place: Place, tmp_path: Path) -> None:
    place.cluster.do("kubectl-edit", {**CONFIG, "data": {"level": "by hand", "mode": "fast"}})
    (tmp_path / "settings.yaml").write_text("ignore_differences: [{kind: ConfigMap, jsonPointers: [/data/level]}]")
    code, out, _ = place("status", "web")
    assert code == 0
    assert "1 object, 1 difference hidden by rules" in out
    assert "      1 difference hidden by ignore rules" in out
    assert place("diff", "web")[0] == 0


def test_a_one_shot_look_dates_only_what_is_known(place: Place) -> None:
    place.cluster.do("kubectl-edit", {**CONFIG, "data": {"level": "by hand", "mode": "fast"}})
    assert "by kubectl-edit (cluster changed)" in place("status", "web")[1]
    place.commit({**CONFIG, "metadata": {"name": "new", "namespace": "default"}})
    out = place("status", "web")[1]
    assert "new in Git since the last sync" in out
    assert "taken out of Git since the last sync" in out
    assert "just now" not in out


def test_three_ways_keep_what_git_says_around_a_change(place: Place) -> None:
    live = {**CONFIG, "data": {"level": "by hand", "mode": "fast"}}
    live["metadata"] = {**CONFIG["metadata"], "labels": {f"l{at}": "x" for at in range(9)}}
    place.cluster.do("kubectl-edit", live)
    out = place("diff", "web", "--three-way")[1]
    assert not any(line.startswith("~") for line in out.splitlines())
    assert any(line.strip() == "namespace: default" for line in out.splitlines())


def test_blame_says_who_in_words_and_why_there_is_nothing_to_blame(place: Place) -> None:
    place.cluster.do("kubectl-edit:dana", {**CONFIG, "data": {"level": "by hand", "mode": "fast"}})
    assert "in the cluster set by kubectl-edit by dana" in place("blame", "web", "ConfigMap/flags")[1]
    place.commit({**CONFIG, "metadata": {"name": "new", "namespace": "default"}})
    code, _, err = place("blame", "web", "ConfigMap/new")
    assert code == 2
    assert "is not in the cluster as a whole" in err
