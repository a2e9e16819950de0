"""kubeconfigs as people have them: several files, broken ones, login helpers that fail, proxies."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitops_tui.errors import KubeconfigError
from gitops_tui.kube import contexts
from gitops_tui.kube.access import Access
from gitops_tui.kube.config import pick
from gitops_tui.kube.login import run_helper
from tests.kube.fake_api import kubeconfig, only_context

SERVER = "https://api.example.com:6443"


def access(folder: Path, user: dict[str, Any] | None = None, server: str = SERVER, **cluster: Any) -> Access:
    path = kubeconfig(folder, server, user, **cluster)
    return Access(path, only_context(path))


# --- files ----------------------------------------------------------------------------------------------------------


def test_of_several_files_the_first_to_name_a_thing_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(name: str, server: str, current: str) -> Path:
        path = tmp_path / name
        config = {
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "contexts": [{"name": name, "context": {"cluster": "c", "namespace": name}}],
            "current-context": current,
        }
        path.write_text(yaml.safe_dump(config))
        return path

    empty = tmp_path / "empty"
    empty.write_text("")
    files = [tmp_path / "missing", empty, write("one", "https://one", ""), write("two", "https://two", "two")]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, files)) + os.pathsep)
    found = {each.name: each for each in contexts(None)}
    assert [(each.name, each.server, each.current) for each in found.values()] == [
        ("one", "https://one", False),
        ("two", "https://one", True),
    ]
    assert Access(None, found["two"]).load().server == "https://one"


def test_relative_files_start_from_the_file_that_names_them(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "token").write_text("from-file\n")
    assert access(inner, {"tokenFile": "token"}).load().headers == (("Authorization", "Bearer from-file"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clusters: [\n  - {", r"kubeconfig:\d+:\d+ is not valid YAML"),
        ("- a\n- b\n", "must hold a mapping"),
        ("contexts: text\n", "contexts must be a list"),
        ("contexts: [{name: a, context: text}]\n", r"contexts\[0\].context must be a mapping"),
        ("contexts: [text]\n", r"contexts\[0\] needs a name"),
        ("contexts: [{name: 7, context: {}}]\n", r"contexts\[0\] needs a name"),
        ("", "has no context"),
        ("a: \x07\n", "not valid YAML"),
    ],
)
def test_a_broken_file_says_what_is_wrong_in_it(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(KubeconfigError, match=said):
        contexts(path)


def test_a_missing_file_a_folder_and_bytes_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="there is no kubeconfig at"):
        contexts(tmp_path / "none")
    with pytest.raises(KubeconfigError, match="can't be read"):
        contexts(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KubeconfigError, match="can't be read"):
        contexts(tmp_path / "bytes")


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "context", "cluster", "user", "server", "exec", "token"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(["contexts", "clusters", "users", "current-context"]), _anything, max_size=4))
def test_whatever_stands_in_a_file_it_is_read_or_refused_in_words(tmp_path: Path, config: dict[str, Any]) -> None:
    path = tmp_path / "odd"
    path.write_text(json.dumps(config))
    try:
        found = contexts(path)
    except KubeconfigError:
        return
    for context in found:
        try:
            Access(path, context).load()
        except KubeconfigError as error:
            assert str(error)


def test_an_unknown_context_names_the_near_and_the_known_ones(tmp_path: Path) -> None:
    known = contexts(kubeconfig(tmp_path, SERVER))
    with pytest.raises(KubeconfigError) as error:
        pick("tset", known)
    assert "did you mean test?" in error.value.hint
    assert pick(None, known).name == "test"


def test_a_current_context_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, SERVER)
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "current-context": "gone"}))
    with pytest.raises(KubeconfigError, match="current context 'gone' is not in it"):
        pick(None, contexts(path), kubeconfig=path)
    path.write_text(json.dumps({**config, "current-context": ""}))
    with pytest.raises(KubeconfigError, match="has no current context"):
        pick(None, contexts(path), kubeconfig=path)


def test_a_context_with_a_missing_part_names_it(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    config = {
        "clusters": [{"name": "c", "cluster": {"server": SERVER}}],
        "contexts": [
            {"name": "a", "context": {"cluster": "gone", "user": "u"}},
            {"name": "b", "context": {"cluster": "c", "user": "nobody"}},
            {"name": "c", "context": {"cluster": "c"}},
        ],
    }
    path.write_text(json.dumps(config))
    a, b, c = contexts(path)
    with pytest.raises(KubeconfigError, match="names the cluster 'gone', which"):
        Access(path, a).load()
    with pytest.raises(KubeconfigError, match="names the user 'nobody', which"):
        Access(path, b).load()
    assert Access(path, c).load().headers == ()


# --- credentials ----------------------------------------------------------------------------------------------------


def test_a_token_with_a_line_break_inside_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="no header may") as error:
        access(tmp_path, {"token": "sec\nret"}).load()
    assert "sec" not in str(error.value).replace("second", "")
    assert access(tmp_path, {"token": "good\n"}).load().headers == (("Authorization", "Bearer good"),)


def test_a_name_and_password_are_basic_auth(tmp_path: Path) -> None:
    [(name, value)] = access(tmp_path, {"username": "jane", "password": "pw"}).load().headers
    assert (name, value) == ("Authorization", "Basic amFuZTpwdw==")


@pytest.mark.parametrize(
    "user",
    [
        {"client-certificate-data": "!!! no base64", "client-key-data": "x"},
        {"client-certificate-data": "bm8gUEVN", "client-key-data": "bm8gUEVN"},
        {"client-certificate": "/none/here", "client-key": "/none/here"},
        {"auth-provider": {"name": "azure"}},
        {"auth-provider": {"name": "oidc", "config": {}}},
        {"tokenFile": "/none/here"},
    ],
)
def test_credentials_that_cannot_be_used_are_an_error_of_the_kubeconfig(tmp_path: Path, user: dict[str, Any]) -> None:
    with pytest.raises(KubeconfigError, match="context test"):
        access(tmp_path, user).load()


def test_the_tls_context_stays_the_same_while_nothing_changes(tmp_path: Path) -> None:
    mine = access(tmp_path, **{"insecure-skip-tls-verify": True})
    assert mine.load().tls is mine.load().tls


@pytest.mark.parametrize("server", ["", "api.example.com", "ftp://x", "https://", "https://[::1"])
def test_a_cluster_without_a_server_url_is_told(tmp_path: Path, server: str) -> None:
    with pytest.raises(KubeconfigError):
        access(tmp_path, server=server).load()


def test_proxies_are_chosen_as_kubectl_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "internal.example.com")
    assert access(tmp_path).load().proxy == "http://proxy:3128"
    assert access(tmp_path, server="https://internal.example.com").load().proxy is None
    assert access(tmp_path, server="https://127.0.0.1:6443").load().proxy is None
    own = {"proxy-url": "http://own:1"}
    assert access(tmp_path, server="https://internal.example.com", **own).load().proxy == "http://own:1"
    with pytest.raises(KubeconfigError, match="must be an http"):
        access(tmp_path, **{"proxy-url": "socks5://user:secret@own:1"}).load()


def test_the_tls_server_name_is_kept(tmp_path: Path) -> None:
    assert access(tmp_path, **{"tls-server-name": "other"}).load().server_name == "other"


# --- login helpers --------------------------------------------------------------------------------------------------

V1 = "client.authentication.k8s.io/v1"


def helper(folder: Path, script: str, **more: Any) -> dict[str, Any]:
    (folder / "helper.py").write_text(script)
    return {"apiVersion": V1, "command": sys.executable, "args": [str(folder / "helper.py")], **more}


def credential(**status: Any) -> str:
    return f"import json; print(json.dumps({{'apiVersion': '{V1}', 'kind': 'ExecCredential', 'status': {status!r}}}))"


def test_a_helper_gives_the_token_and_is_asked_again_before_it_runs_out(tmp_path: Path) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    mine = access(tmp_path, {"exec": helper(tmp_path, credential(token="abc", expirationTimestamp=soon))})
    assert mine.load().headers == (("Authorization", "Bearer abc"),)
    assert not mine.due()
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    mine = access(tmp_path, {"exec": helper(tmp_path, credential(token="abc", expirationTimestamp=past))})
    mine.load()
    # Not before each request, even so.
    assert not mine.due()
    mine._expires = datetime.now(UTC)
    assert mine.due()


def test_a_helper_gets_no_terminal_but_what_it_asks_for(tmp_path: Path) -> None:
    script = (
        "import json, os, sys\n"
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "assert sys.stdin.read() == '' and not info['spec']['interactive']\n"
        "try:\n    open('/dev/tty'); sys.exit('has a terminal')\nexcept OSError: pass\n"
        "said = info['spec']['cluster']['server'] + os.environ['EXTRA'] + info['spec']['cluster']['config']['x']\n"
        "print(json.dumps({'apiVersion': info['apiVersion'], 'status': {'token': said}}))\n"
    )
    spec = helper(tmp_path, script, provideClusterInfo=True, env=[{"name": "EXTRA", "value": "!"}])
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"x": "?"}}
    assert run_helper(spec, {"server": SERVER, "extensions": [extension]}, tmp_path, "test").token == SERVER + "!?"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import sys; sys.exit('token expired\\x1b[2J, https://u:pw@idp/ says so')", r"failed \(1\): token expired"),
        ("raise SystemExit(3)", r"failed \(3\): it says nothing"),
        ("print('T0KEN is not JSON')", "did not print an ExecCredential"),
        ("print('[]')", "no credential"),
        (credential(), "neither a token nor a certificate"),
        (credential(clientCertificateData="c"), "neither a token nor a certificate"),
        (credential(token="T0KEN", expirationTimestamp="soon"), "time of expiry"),
        (credential(token="T0KEN").replace(V1, "other/v1"), "answers in other/v1"),
    ],
)
def test_a_helper_that_fails_is_told_in_its_words_without_its_secrets(tmp_path: Path, script: str, said: str) -> None:
    with pytest.raises(KubeconfigError, match=said) as error:
        access(tmp_path, {"exec": helper(tmp_path, script)}).load()
    text = str(error.value)
    assert "T0KEN" not in text
    assert "pw@" not in text
    assert "\x1b" not in text
    assert "kubectl --context test" in error.value.hint


def test_a_helper_that_is_missing_interactive_or_hangs_is_told(tmp_path: Path) -> None:
    missing = {"apiVersion": V1, "command": "no-such-helper", "installHint": "get it from example.com"}
    with pytest.raises(KubeconfigError, match="is not installed") as error:
        run_helper(missing, {}, tmp_path, "test")
    assert error.value.hint == "get it from example.com"
    with pytest.raises(KubeconfigError, match="wants a terminal"):
        run_helper({**missing, "interactiveMode": "Always"}, {}, tmp_path, "test")
    with pytest.raises(KubeconfigError, match="did not end within"):
        run_helper(helper(tmp_path, "import time; time.sleep(30)"), {}, tmp_path, "test", seconds=0.3)
    with pytest.raises(KubeconfigError, match="needs command and apiVersion"):
        run_helper({}, {}, tmp_path, "test")


def test_a_certificate_from_a_helper_is_used(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="certificate of the context test"):
        access(tmp_path, {"exec": helper(tmp_path, credential(clientCertificateData="c", clientKeyData="k"))}).load()
