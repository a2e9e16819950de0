"""ApplicationSets: each generator, both kinds of templates, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from gitops_tui.git import Repository, open_repository
from gitops_tui.reconcile.applicationset import ClusterEntry, Generated, World, generate
from gitops_tui.settings import Settings

CLUSTERS = (
    ClusterEntry("eu", "https://eu.example", {"env": "prod"}),
    ClusterEntry("Lab_1", "https://lab.example", {"env": "test"}),
)


def _template(name: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"source": {"repoURL": "r", "path": "p"}, "destination": {"namespace": "d"}, "project": "default"},
    }


def _made(spec: str | dict[str, Any], open_: Callable[[str], Repository] | None = None) -> Generated:
    found = yaml.safe_load(spec) if isinstance(spec, str) else spec
    document = {"kind": "ApplicationSet", "metadata": {"name": "set", "namespace": "argocd"}, "spec": found}
    return generate(document, "apps.yaml", World(open_ or _no_repository, CLUSTERS))


def _no_repository(url: str) -> Repository:
    raise AssertionError(url)


def _names(generated: Generated) -> list[str]:
    assert not generated.problems, [each.message for each in generated.problems]
    return [each["metadata"]["name"] for each in generated.documents]


def _label(generated: Generated, key: str = "x") -> list[str]:
    assert not generated.problems, [each.message for each in generated.problems]
    return [each["metadata"]["labels"][key] for each in generated.documents]


@pytest.fixture
def opened(made_repository):
    found: list[Repository] = []

    def open_(url: str) -> Repository:
        found.append(open_repository(str(made_repository.folder), settings=Settings()))
        return found[-1]

    yield open_
    for each in found:
        each.close()


def _git(**block: Any) -> dict[str, Any]:
    return {"git": {"repoURL": "https://example.com/r", "revision": "HEAD", **block}}


def test_a_list_makes_an_application_of_each_element_with_the_finalizer_that_argo_cd_gives() -> None:
    elements = [{"name": "a", "values": {"x": "1"}}, {"name": "b", "values": {"x": "2"}}]
    made = _made(
        {"generators": [{"list": {"elements": elements}}], "template": _template("{{ name }}-app", x="{{values.x}}")}
    )
    assert _names(made) == ["a-app", "b-app"]
    assert _label(made) == ["1", "2"]
    assert made.documents[0]["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
    assert made.documents[0]["metadata"]["namespace"] == "argocd"


def test_go_templates_see_values_as_they_are() -> None:
    elements = [{"name": "a", "n": 3, "on": True, "list": ["x", "y"]}]
    made = _made(
        {
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],
            "generators": [{"list": {"elements": elements}}],
            "template": _template("{{ .name }}", x='{{ .n }}{{ if .on }}{{ join "," .list }}{{ end }}'),
        }
    )
    assert _label(made) == ["3x,y"]


def test_folders_of_git_with_exclusions_and_their_path_parameters(made_repository, opened) -> None:
    files = ("apps/one/a.yaml", "apps/Two_x/a.yaml", "apps/skip/a.yaml", "apps/one/deep/a.yaml", ".hidden/a/a.yaml")
    made_repository.commit(dict.fromkeys(files, "a: 1"))
    directories = [{"path": "*/*"}, {"path": "apps/skip", "exclude": True}]
    spec = {
        "generators": [_git(directories=directories)],
        "template": _template("{{path.basenameNormalized}}", x="{{path}} {{path[1]}}"),
    }
    assert _names(_made(spec, opened)) == ["two-x", "one"]
    assert _label(_made(spec, opened)) == ["apps/Two_x Two_x", "apps/one one"]
    spec["goTemplate"] = True
    spec["template"] = _template('{{.path.basename | lower | replace "_" "-"}}', x="{{index .path.segments 0}}")
    assert _label(_made(spec, opened)) == ["apps", "apps"]


def test_files_of_git_are_flattened_or_whole(made_repository, opened) -> None:
    made_repository.commit(
        {
            "clusters/eu/config.yaml": "name: eu\nsize: {cpu: 4, zones: [a, b]}\n",
            "clusters/us.json": '[{"name": "us-1", "size": {"cpu": 1}}, {"name": "us-2", "size": {"cpu": 2}}]',
            "clusters/eu/other.txt": "no",
        }
    )
    generator = _git(files=[{"path": "clusters/**/*.yaml"}, {"path": "clusters/*.json"}], values={"both": "{{name}}!"})
    spec = {
        "generators": [generator],
        "template": _template("{{name}}", x="{{size.cpu}} {{size.zones.1}} {{path}} {{path.filename}} {{values.both}}"),
    }
    assert _label(_made(spec, opened)) == [
        "4 b clusters/eu config.yaml eu!",
        "1 {{size.zones.1}} clusters us.json us-1!",
        "2 {{size.zones.1}} clusters us.json us-2!",
    ]
    spec["goTemplate"] = True
    generator["git"]["values"] = {"both": "{{.name}}!"}
    spec["template"] = _template("{{.name}}", x="{{.size.cpu}} {{.path.filenameNormalized}} {{.values.both}}")
    assert _label(_made(spec, opened))[:1] == ["4 config.yaml eu!"]


def test_a_matrix_gives_the_first_generators_parameters_to_the_second(made_repository, opened) -> None:
    made_repository.commit({"apps/web/a.yaml": "a: 1", "addons/dns/a.yaml": "a: 1"})
    elements = [{"folder": "apps", "env": "prod"}, {"folder": "addons", "env": "test"}]
    spec = {
        "generators": [
            {"matrix": {"generators": [{"list": {"elements": elements}}, _git(directories=[{"path": "{{folder}}/*"}])]}}
        ],
        "template": _template("{{path.basename}}-{{env}}"),
    }
    assert _names(_made(spec, opened)) == ["web-prod", "dns-test"]


def test_a_matrix_refuses_two_values_of_one_parameter() -> None:
    lists = [{"list": {"elements": [{"name": each}]}} for each in ("a", "b")]
    made = _made({"generators": [{"matrix": {"generators": lists}}], "template": _template("{{name}}")})
    assert "both generators have the parameter name" in made.problems[0].message


@pytest.mark.parametrize("go", [False, True])
def test_a_merge_overrides_by_its_keys(go: bool) -> None:
    base = [{"name": "a", "size": "1"}, {"name": "b", "size": "1"}]
    over = [{"name": "b", "size": "9"}, {"name": "other", "size": "0"}]
    dot = "." if go else ""
    spec = {
        "goTemplate": go,
        "generators": [
            {
                "merge": {
                    "mergeKeys": ["name"],
                    "generators": [{"list": {"elements": base}}, {"list": {"elements": over}}],
                }
            }
        ],
        "template": _template(f"{{{{{dot}name}}}}", x=f"{{{{{dot}size}}}}"),
    }
    assert _label(_made(spec)) == ["1", "9"]


def test_clusters_are_the_contexts_with_labels_from_the_settings() -> None:
    template = _template("{{nameNormalized}}", x="{{server}} {{metadata.labels.env}}")
    assert _label(_made({"generators": [{"clusters": {}}], "template": template})) == [
        "https://eu.example prod",
        "https://lab.example test",
    ]
    some = {"clusters": {"selector": {"matchExpressions": [{"key": "env", "operator": "In", "values": ["test"]}]}}}
    assert _names(_made({"generators": [some], "template": template})) == ["lab-1"]


def test_a_generators_selector_and_template_and_a_template_patch() -> None:
    elements = [{"name": "a", "env": "x"}, {"name": "b", "env": "y"}]
    generator = {
        "list": {"elements": elements, "template": {"spec": {"source": {"path": "own"}}}},
        "selector": {"matchLabels": {"env": "y"}},
    }
    made = _made(
        {
            "goTemplate": True,
            "generators": [generator],
            "template": _template("{{.name}}"),
            "templatePatch": 'spec:\n  project: other\n  syncPolicy:\n    automated:\n      prune: {{ eq .env "y" }}\n',
        }
    )
    assert _names(made) == ["b"]
    spec = made.documents[0]["spec"]
    assert spec["source"] == {"repoURL": "r", "path": "own"}
    assert spec["syncPolicy"] == {"automated": {"prune": True}}
    assert spec["project"] == "default"


@pytest.mark.parametrize(
    ("generator", "said"),
    [
        ({"scmProvider": {}}, "the generator scmProvider is not supported"),
        ({"nonsense": {}}, "the generator nonsense is no generator"),
        ({}, "must have one of list"),
        ({"list": {"elements": [{"n": 1}]}}, "list: elements\\[0\\].n must be text"),
        ({"list": {"elements": "x"}}, "elements must be a list"),
        ({"git": {"directories": [{"path": "*"}]}}, "git: repoURL is missing"),
        ({"git": {"repoURL": "x"}}, "neither directories nor files"),
        ({"matrix": {"generators": [{"list": {}}]}}, "two generators"),
        ({"merge": {"generators": [{"list": {}}, {"list": {}}]}}, "mergeKeys is missing"),
    ],
)
def test_a_broken_generator_is_named_with_file_and_place_and_stops_no_other(generator, said: str) -> None:
    good = {"list": {"elements": [{"name": "good"}]}}
    made = _made({"generators": [generator, good], "template": _template("{{name}}")})
    assert [each["metadata"]["name"] for each in made.documents] == ["good"]
    (problem,) = made.problems
    assert problem.message.startswith("apps.yaml: ApplicationSet set: generators[0]: ")
    assert pytest.importorskip("re").search(said, problem.message)


def test_two_applications_of_one_name_are_an_error() -> None:
    elements = [{"name": "a", "x": "1"}, {"name": "a", "x": "2"}]
    made = _made({"generators": [{"list": {"elements": elements}}], "template": _template("{{name}}", x="{{x}}")})
    assert [each["metadata"]["labels"]["x"] for each in made.documents] == ["1"]
    assert "a second Application with the name 'a'" in made.problems[0].message
