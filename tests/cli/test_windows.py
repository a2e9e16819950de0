"""Sync windows and the rules of AppProjects on the command line: from the cluster, from -f files, and from the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli import projects as made

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {colour: %s}\n"
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: %s}\nrules: []\n"
ALWAYS = {"kind": "deny", "schedule": "* * * * *", "duration": "2h", "applications": ["*"]}


@pytest.fixture
def projects(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = made.Projects(cli.kubeconfig, f"argocd-{cli.namespace}")
    found.install()
    settings = tmp_path / "config.yaml"
    settings.write_text(f"argocd_namespace: {found.namespace}\n", encoding="utf-8")
    monkeypatch.setenv("GITOPS_TUI_CONFIG", str(settings))
    return found


@pytest.fixture
def app(cli, made_repository, tmp_path: Path):
    """Runs a command on one application of the project web, and AppProject documents beside it."""
    made_repository.commit({f"apps/{cli.app}/a.yaml": CONFIG % ("a", "red")}, "Paint it red")

    def run(command: str, *arguments: str, beside: tuple[dict[str, Any], ...] = (), project: str = "web", **more: Any):
        obj = made.application(cli.app, project, made_repository.folder, cli.namespace, **more)
        file = made.write_documents(tmp_path / "apps.yaml", obj, *beside)
        return cli.run("-f", str(file), "--kubeconfig", str(cli.kubeconfig), command, *arguments)

    return run


def test_a_deny_window_of_a_project_in_the_cluster_refuses_a_sync_and_says_what_to_do(cli, projects, app) -> None:
    projects.put("web", {"syncWindows": [{**ALWAYS, "description": "INC-42"}]})
    said = app("sync", cli.app, "--yes")
    assert said.code == 2
    assert "sync window deny * * * * * for 2h of the project web" in said.err
    assert "no manual syncs either" in said.err
    assert "gitops-tui windows" in said.err
    # A dry run writes nothing, and says that a sync is held.
    looked = app("sync", cli.app, "--dry-run")
    assert "automatic sync is held" in looked.err
    state = app("status", cli.app, "-o", "json").json["applications"][0]
    assert state["automatic"] == "off"
    gate = state["syncWindows"]
    assert (gate["automatic"], gate["manual"]) == (False, False)
    assert gate["windows"][0]["active"] is True
    listed = app("windows")
    assert listed.code == 1
    assert "active     deny * * * * * for 2h" in listed.out
    assert f"the project web, window 1; about {cli.app}" in listed.out
    assert "INC-42" in listed.out
    # The project changes: it counts at once.
    projects.put("web", {"syncWindows": [{**ALWAYS, "manualSync": True}]})
    done = app("sync", cli.app, "--yes")
    assert done.code == 0, done
    assert "automatic sync is held" in done.err
    assert app("windows", cli.app, "-o", "json").json["applications"][0]["manual"] is True


def test_automatic_sync_says_why_it_is_held(cli, projects, app) -> None:
    projects.put("web", {"syncWindows": [{**ALWAYS, "kind": "allow", "schedule": "0 0 1 1 *", "duration": "1m"}]})
    state = app("status", cli.app, "-o", "json", syncPolicy={"automated": {}}).json["applications"][0]
    assert state["automatic"].startswith("held: outside the sync window allow 0 0 1 1 * for 1m of the project web")
    assert state["syncWindows"]["opens"].endswith("-01-01T00:00:00+00:00")
    assert "⊘ automatic sync is held: outside the sync window" in app("status").out


def test_a_window_that_cannot_be_read_holds_and_is_said(cli, projects, app) -> None:
    projects.put("web", {"syncWindows": [{**ALWAYS, "timeZone": "Mars/Base"}]})
    said = app("status", cli.app)
    assert "sync window 1 can't be read, so it holds all syncs that it may be about: timeZone 'Mars/Base'" in said.err
    assert app("sync", cli.app, "--yes").code == 2
    assert "unreadable" in app("windows").out


def test_windows_of_the_settings_count_for_every_project(
    cli, app, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "config.yaml"
    settings.write_text(yaml.safe_dump({"sync_windows": [{**ALWAYS, "applications": [cli.app]}]}), encoding="utf-8")
    monkeypatch.setenv("GITOPS_TUI_CONFIG", str(settings))
    said = app("sync", cli.app, "--yes", project="default")
    assert said.code == 2
    assert "of the settings" in said.err
    settings.write_text(yaml.safe_dump({"sync_windows": [{**ALWAYS, "timeZone": "Mars/Base"}]}), encoding="utf-8")
    wrong = app("status", project="default")
    assert wrong.code == 2
    assert "sync_windows[0]: timeZone 'Mars/Base' is not a zone" in wrong.err


def test_a_project_of_a_file_counts_too(cli, app) -> None:
    beside = made.project("web", "argocd", {"syncWindows": [ALWAYS]})
    assert app("sync", cli.app, "--yes", beside=(beside,)).code == 2
    free = made.project("web", "argocd", {})
    assert app("sync", cli.app, "--yes", beside=(free,)).code == 0


def test_a_project_that_does_not_exist_is_an_error_and_nothing_is_written(
    cli, app, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = made.project("other", "argocd", {})
    said = app("sync", cli.app, "--yes", beside=(other,))
    assert said.code == 2
    assert "names the project web, which does not exist" in said.err
    assert "-f" in said.err
    conditions = app("status", cli.app, "-o", "json", beside=(other,)).json["applications"][0]["conditions"]
    assert [each["severity"] for each in conditions if each["message"].startswith("InvalidSpecError")] == ["error"]
    # `default` needs no AppProject, and a setting lets the others through, with a warning.
    assert app("sync", cli.app, "--yes", project="default", beside=(other,)).code == 0
    settings = tmp_path / "config.yaml"
    settings.write_text("missing_project: allow\n", encoding="utf-8")
    monkeypatch.setenv("GITOPS_TUI_CONFIG", str(settings))
    assert app("sync", cli.app, "--yes", beside=(other,)).code == 0
    assert "no sync windows and no rules are known" in app("status", cli.app, beside=(other,)).err


def test_where_there_are_no_projects_at_all_one_that_is_named_is_a_warning(
    cli, app, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "config.yaml"
    monkeypatch.setenv("GITOPS_TUI_CONFIG", str(settings))
    # Whether the cluster has the kind or not: it is said that no Argo CD's rules are to count.
    settings.write_text('argocd_namespace: ""\n', encoding="utf-8")
    said = app("sync", cli.app, "--yes")
    assert said.code == 0
    assert "as no AppProject does here" in app("status", cli.app).err
    settings.write_text('argocd_namespace: ""\nmissing_project: refuse\n', encoding="utf-8")
    assert "which does not exist" in app("sync", cli.app, "--yes").err


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"sourceRepos": ["https://git.example.com/**"]}, "does not permit the repository"),
        ({"destinations": [{"server": "*", "namespace": "other"}]}, "does not permit the destination"),
        ({"destinations": []}, "does not permit the destination"),
        ({"clusterResourceWhitelist": []}, "does not permit Namespace"),
        ({"namespaceResourceWhitelist": []}, "ConfigMap {ns}/a: it is not in namespaceResourceWhitelist"),
        (
            {"namespaceResourceBlacklist": [{"group": "", "kind": "Config*"}]},
            "ConfigMap {ns}/a: it is in namespaceResourceBlacklist",
        ),
        ({"sourceRepos": "all"}, "spec.sourceRepos must be a list of texts"),
    ],
)
def test_a_rule_of_a_project_refuses_the_whole_sync(cli, app, spec: dict[str, Any], said: str) -> None:
    beside = made.project("web", "argocd", spec)
    refused = app("sync", cli.app, "--yes", beside=(beside,))
    assert refused.code == 2
    assert said.format(ns=cli.namespace) in refused.err
    assert "project web" in refused.err
    dry = app("sync", cli.app, "--dry-run", beside=(beside,))
    assert dry.code == 2
    assert app("diff", cli.app, "--no-exit-code", beside=(beside,)).code in (0, 2)


def test_one_object_that_is_not_permitted_refuses_all_and_a_selection_without_it_goes(
    cli, app, made_repository
) -> None:
    role = f"role-{cli.namespace}"
    made_repository.commit({f"apps/{cli.app}/b.yaml": ROLE % role}, "A role for everybody")
    labelled = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {part: mine}}\ndata: {colour: red}\n"
    made_repository.commit({f"apps/{cli.app}/a.yaml": labelled}, "Label it")
    beside = made.project("web", "argocd", {"clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}]})
    refused = app("sync", cli.app, "--yes", beside=(beside,))
    assert refused.code == 2
    assert f"ClusterRole.rbac.authorization.k8s.io {role}: it is not in clusterResourceWhitelist" in refused.err
    state = app("status", cli.app, "-o", "json", beside=(beside,)).json["applications"][0]
    assert {each["drift"] for each in state["resources"]} == {"Missing"}
    chosen = app("sync", cli.app, "--yes", "--selector", "part=mine", beside=(beside,))
    assert chosen.code == 0, chosen
