"""One `sync` of many applications: chosen by names, labels or all; a broken one stops no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {colour: %s}\n"


@pytest.fixture
def many(cli, made_repository) -> Any:
    """Three applications, one of them broken; `run(…)` runs a command on all of them."""
    files = {f"apps/{cli.app}-{name}/a.yaml": CONFIG % (f"of-{name}", "red") for name in ("one", "two")}
    made_repository.commit({**files, f"apps/{cli.app}-bad/a.yaml": "kind: [\n"})

    def run(*arguments: str) -> Any:
        named = [each.replace("@", f"{cli.app}-") for each in arguments]
        return cli(*named, pattern=f"apps/{cli.app}-*")

    return run


def by_name(said: Any) -> dict[str, Any]:
    return {each["application"].rpartition("-")[2]: each for each in said.json["applications"]}


def test_all_are_synced_and_a_broken_one_stops_no_other(many) -> None:
    said = many("sync", "--all", "--yes", "--at-once", "2", "-o", "json")
    assert said.code == 1
    found = by_name(said)
    assert {name: each["status"] for name, each in found.items()} == {
        "one": "Succeeded",
        "two": "Succeeded",
        "bad": "Refused",
    }
    assert "a.yaml" in found["bad"]["message"]
    assert said.json["counts"]["Succeeded"] == 2
    assert said.json["atOnce"] == 2
    again = by_name(many("sync", "--all", "--yes", "-o", "json"))
    assert (again["one"]["status"], again["one"]["operation"]) == ("Unchanged", None)


def test_names_choose_some_and_the_dry_run_shows_all_plans_and_changes_nothing(many) -> None:
    said = many("sync", "@one", "@two", "--dry-run")
    assert said.code == 0, said
    assert said.out.count("2 to create") == 2
    assert "dry run of 2 applications: 2 succeeded" in said.out
    assert {each["sync"] for each in many("status", "-o", "json").json["applications"]} == {"OutOfSync", "Unknown"}
    assert many("sync", "@one", "@two", "--yes", "--wait").code == 0
    states = {
        each["name"].rpartition("-")[2]: each["sync"] for each in many("status", "-o", "json").json["applications"]
    }
    assert states == {"one": "Synced", "two": "Synced", "bad": "Unknown"}


def test_what_was_deleted_comes_back_by_its_name_and_not_along_with_all(many) -> None:
    assert many("sync", "@one", "@two", "--yes").code == 0
    assert many("delete", "@one", "--cascade", "foreground", "--yes").code == 0
    said = many("sync", "--all", "--yes", "-o", "json")
    assert set(by_name(said)) == {"two", "bad"}
    assert "it was deleted and is left alone: name it" in said.err
    assert by_name(many("sync", "@one", "@two", "--yes", "-o", "json"))["one"]["status"] == "Succeeded"


def test_names_that_name_nothing_are_all_said_before_anything_is_done(many) -> None:
    said = many("sync", "@one", "nothing", "neither", "--yes")
    assert said.code == 2
    assert "'nothing'" in said.err
    assert "'neither'" in said.err
    assert many("status", "@one", "-o", "json").json["applications"][0]["sync"] == "OutOfSync"


def test_without_anybody_to_ask_nothing_is_done(many, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    said = many("sync", "@one", "@two")
    assert said.code == 2
    assert "--yes" in said.err


@pytest.mark.parametrize("wrong", [(), ("--all", "@one"), ("--all", "--selector", "a=b"), ("--selector", "no=such")])
def test_what_is_not_clear_is_refused(many, wrong) -> None:
    said = many("sync", *wrong, "--yes")
    assert said.code == 2
    assert "Applied" not in said.out


def application(name: str, repository: Path, path: str, namespace: str, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, **metadata},
        "spec": {
            "source": {"repoURL": str(repository), "path": path, "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            "syncPolicy": {"syncOptions": ["CreateNamespace=true"]},
        },
    }


def test_a_label_selector_chooses_applications_and_pruning_is_agreed_to_for_all(cli, made_repository) -> None:
    head = made_repository.commit({f"{name}/a.yaml": CONFIG % (f"of-{name}", "red") for name in ("a", "b", "c")})
    assert head
    file = made_repository.folder.parent / "apps.yaml"
    names = {name: f"{cli.app}-{name}" for name in ("a", "b", "c")}
    file.write_text(
        yaml.safe_dump_all(
            application(
                names[name],
                made_repository.folder,
                name,
                cli.namespace,
                labels={"team": "shop" if name != "c" else "x"},
            )
            for name in names
        )
    )

    def run(*arguments: str) -> Any:
        return cli.run(*arguments, "-f", str(file), "--kubeconfig", str(cli.kubeconfig))

    said = run("sync", "--selector", "team=shop", "--yes", "-o", "json")
    assert said.code == 0, said
    assert {each["application"] for each in said.json["applications"]} == {names["a"], names["b"]}
    made_repository.commit(
        {"a/a.yaml": None, "a/b.yaml": CONFIG % ("other-a", "red"), "b/b.yaml": CONFIG % ("more", "x")}
    )
    kept = run("sync", "-l", "team=shop", "--yes", "-o", "json").json["applications"]
    assert sum(each["plan"]["counts"]["prune"] for each in kept) == 0
    gone = run("sync", "-l", "team=shop", "--prune", "--yes", "-o", "json").json["applications"]
    assert sum(each["plan"]["counts"]["prune"] for each in gone) == 1


def test_children_go_in_their_waves_and_what_an_earlier_one_makes_is_there_for_the_next(cli, made_repository) -> None:
    space = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {cli.namespace}-x}}\n"
    other = CONFIG % ("late", "red") + f"---\n{CONFIG % ('later', 'red')}"
    made_repository.commit({"first/space.yaml": space, "second/a.yaml": other})
    children = {}
    for mark, path in ((1, "second"), (0, "first")):
        notes = {"argocd.argoproj.io/sync-wave": str(mark)}
        child = application(f"{cli.app}-{path}", made_repository.folder, path, f"{cli.namespace}-x", annotations=notes)
        child["spec"]["syncPolicy"] = {}
        children[f"root/{path}.yaml"] = yaml.safe_dump(child)
    made_repository.commit(children)
    file = made_repository.folder.parent / "apps.yaml"
    file.write_text(yaml.safe_dump(application(f"{cli.app}-root", made_repository.folder, "root", cli.namespace)))
    where = ("-f", str(file), "--kubeconfig", str(cli.kubeconfig), "--run-children")
    said = cli.run("sync", "--all", "--yes", "-o", "json", *where)
    assert said.code == 0, said
    found = {each["application"].rpartition("-")[2]: each for each in said.json["applications"]}
    assert list(found) == ["root", "first", "second"]
    assert [found[name]["wave"] for name in ("first", "second")] == [0, 1]
    assert found["first"]["operation"]["finished"] <= found["second"]["operation"]["started"]
