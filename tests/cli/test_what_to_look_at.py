"""What a person says to look at, in odd ways: several patterns and files, names that nothing has, other servers."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from gitops_tui.cli.main import run
from gitops_tui.demo import DemoCluster

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\ndata: {a: '1'}\n"
APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "spec": {"source": {"path": "all/one"}, "destination": {"namespace": "default"}},
}


def names(said) -> list[str]:
    return sorted(each["name"] for each in said.json["applications"])


@pytest.fixture
def three(made_repository):
    made_repository.commit({f"all/{name}/c.yaml": GOOD for name in ("one", "two", "three")})
    return made_repository


def application(repository: Path, called: str, **destination: str) -> str:
    spec = {"source": {"repoURL": str(repository), "path": "all/one"}, "destination": destination}
    return yaml.safe_dump({**APPLICATION, "metadata": {"name": called}, "spec": spec})


def test_patterns_given_again_add_up_before_and_after_the_command(cli, three) -> None:
    where = ["--repo", str(three.folder), "--kubeconfig", str(cli.kubeconfig), "-n", cli.namespace]
    said = cli.run(*where, "--path", "all/one", "status", "-o", "json", "--path", "all/{two,none}", "--path", "all/th*")
    assert names(said) == ["one", "three", "two"]


def test_each_pattern_must_match_something(cli, three) -> None:
    said = cli("status", "--path", "all/two", "--path", "nope/*", pattern="all/one")
    assert (said.code, said.out) == (2, "")
    assert "matches 'nope/*'" in said.err


def test_files_given_before_and_after_the_command_add_up(cli, three, tmp_path: Path) -> None:
    for name in ("before", "after"):
        (tmp_path / f"{name}.yaml").write_text(application(three.folder, name, namespace="default"))
    said = cli.run(
        "--kubeconfig",
        str(cli.kubeconfig),
        "-f",
        str(tmp_path / "before.yaml"),
        "status",
        "-o",
        "json",
        "-f",
        str(tmp_path / "after.yaml"),
    )
    assert names(said) == ["after", "before"]


def test_a_destination_that_is_no_cluster_names_its_application_and_file(cli, three, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        application(three.folder, "lost", name="mars") + "---\n" + application(three.folder, "found", namespace="x")
    )
    said = cli.run("--kubeconfig", str(cli.kubeconfig), "-f", str(tmp_path / "a.yaml"), "status")
    assert said.code == 2
    assert "found" in said.out
    assert "Application lost: the destination 'mars' is not a context of the kubeconfig" in said.err
    assert "a.yaml (document 1)" in said.err


def test_a_namespace_that_can_not_be_is_refused_at_once(cli, three) -> None:
    said = cli.run("status", "--repo", str(three.folder), "--path", "all/one", "-n", "Bad_NS")
    assert said.code == 2
    assert "'Bad_NS' is not a name that a namespace can have" in said.err


def test_a_name_that_yaml_takes_for_a_boolean_is_told_as_such(cli, three) -> None:
    three.commit({"all/four/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n}\n"})
    said = cli("render", "four", pattern="all/four")
    assert said.code == 2
    assert "c.yaml:1: metadata.name must be text: n, no, off and false are booleans in YAML" in said.err


def test_a_pause_that_others_can_not_see_says_so(made_repository, tmp_path: Path, capsys) -> None:
    made_repository.commit({"all/one/c.yaml": GOOD})
    with DemoCluster(rbac=True) as cluster:
        assert cluster.rbac is not None
        token = cluster.call(cluster.rbac.reader)
        config = cluster.kubeconfig(tmp_path / "kubeconfig", others={"reader": token})
        where = ["--repo", str(made_repository.folder), "--path", "all/one", "--kubeconfig", str(config)]
        assert run(["pause", "one", *where, "--reason", "why"]) == 0
        assert "kept on this machine" not in capsys.readouterr().err
        assert run(["resume", "one", *where]) == 0
        assert run(["pause", "one", *where, "--context", "demo-reader", "--reason", "why"]) == 0
        assert "the state (pause, pin, history) is kept on this machine only" in capsys.readouterr().err


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that leaves before it has its answer is none of the program's errors."""


class _Web(http.server.BaseHTTPRequestHandler):
    answer = b""
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[type[_Web]]:
    handler = type("Web", (_Web,), {})
    server = _Server(("127.0.0.1", 0), handler)
    handler.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (200, b'{"hello": 1}', "answers, and not as a Kubernetes API server"),
        (200, b"<html>log in</html>", "Is this the address of a Kubernetes API server?"),
        (302, b"", "Is this the address of a Kubernetes API server?"),
        (400, b"Client sent an HTTP request to an HTTPS server.\n", "speaks HTTPS only. Write https://"),
    ],
)
def test_a_server_that_is_none_of_kubernetes_is_told(cli, three, tmp_path, web, status, answer, said) -> None:
    config = yaml.safe_load(cli.kubeconfig.read_text())
    for each in config["clusters"]:
        each["cluster"] = {"server": web.url}
    web.status, web.answer = status, answer
    path = tmp_path / "other"
    path.write_text(yaml.safe_dump(config))
    found = cli.run("status", "--repo", str(three.folder), "--path", "all/one", "--kubeconfig", str(path))
    assert found.code == 2
    assert said in found.err


def test_settings_that_the_environment_names_and_that_are_not_there_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITOPS_TUI_CONFIG", str(tmp_path / "gone.yaml"))
    assert run(["status", "-f", str(tmp_path / "no.yaml")]) == 2
    assert "gone.yaml, which is not there" in capsys.readouterr().err
    (tmp_path / "gone.yaml").write_text("read_only: true\n", encoding="utf-8")
    assert run(["status", "-f", str(tmp_path / "no.yaml")]) == 2
    assert "gone.yaml" not in capsys.readouterr().err
