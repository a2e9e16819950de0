"""Showing who we are: names and tokens, ssh keys, certificates, Argo CD's Secrets, a GitHub App; and keeping them secret."""

from __future__ import annotations

import base64
import http.server
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_tui.errors import CloneError, ConfigError, FetchError
from gitops_tui.git import Repository, github_app, open_repository
from gitops_tui.git.address import Address, normalised
from gitops_tui.git.credentials import Credentials, Keyring, RepositorySecret
from gitops_tui.git.trust import Trust
from gitops_tui.reconcile.argocd import ArgoCD
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.settings import Settings
from tests.git.servers import HttpServer, certificate, http_server

TOKEN = "s3cr3t-t0ken-never-shown"


def _secret(url: str, kind: str = "repository", name: str = "web", **data: str) -> RepositorySecret:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in {"url": url, **data}.items()}
    found = RepositorySecret.from_object(
        {
            "metadata": {
                "namespace": "argocd",
                "name": name,
                "labels": {"argocd.argoproj.io/secret-type": kind},
            },
            "data": encoded,
        }
    )
    assert found is not None
    return found


def _open(url: str, *secrets: RepositorySecret, trust: Trust | None = None) -> Repository:
    repositories = Repositories(Settings())
    repositories.use(ArgoCD(secrets, trust=trust or Trust()))
    repository = open_repository(url, settings=Settings(), credentials=repositories.credentials)
    repository.fetch()
    repository.close()
    return repository


def _nowhere(folder: Path, text: str) -> bool:
    return not any(
        text.encode() in each.read_bytes() for each in folder.rglob("*") if each.is_file() and not each.is_symlink()
    )


@pytest.fixture
def guarded(tmp_path: Path, upstream):
    made, _, push = upstream
    made.commit({"a.yaml": "a: 1\n"}, "first")
    push()
    with http_server(tmp_path / "served", user="mia", password=TOKEN) as server:
        yield server


def test_a_password_in_the_url_is_used_and_stands_nowhere(me, guarded: HttpServer, tmp_path: Path, monkeypatch) -> None:
    started: list[str] = []
    real = subprocess.Popen

    class Watched(real):  # type: ignore[valid-type,misc]
        def __init__(self, args, *more, **options):
            started.append(" ".join(map(str, args)) if isinstance(args, list) else str(args))
            super().__init__(args, *more, **options)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    repository = _open(guarded.url("web.git", f"mia:{TOKEN}"))
    assert repository.resolve("HEAD").subject == "first"
    assert repository.read(repository.resolve("HEAD").sha, "a.yaml") == b"a: 1\n"
    assert not any(TOKEN in line for line in started)
    assert TOKEN not in repository.url
    assert _nowhere(Settings().cache_folder, TOKEN)
    repository.close()


def test_a_wrong_password_is_said_without_it(me, guarded: HttpServer) -> None:
    with pytest.raises(CloneError) as caught:
        _open(guarded.url("web.git", "mia:wr0ng-passw0rd"))
    assert "wr0ng" not in str(caught.value)
    assert "check the user name and token" in caught.value.hint


def test_a_token_by_the_environment(me, guarded: HttpServer, monkeypatch) -> None:
    with pytest.raises(CloneError):
        _open(guarded.url("web.git"))
    monkeypatch.setenv("GITOPS_TUI_TOKEN_127_0_0_1", f"mia:{TOKEN}")
    assert _open(guarded.url("web.git")).resolve("HEAD").subject == "first"


def test_a_token_of_the_environment_does_not_push_aside_the_users_helper(me, guarded: HttpServer, monkeypatch) -> None:
    monkeypatch.setenv("GITOPS_TUI_TOKEN_127_0_0_1", "mia:0ld-token")
    me.write_text(
        me.read_text() + f'[credential]\n\thelper = "!f() {{ echo username=mia; echo password={TOKEN}; }}; f"\n'
    )
    assert _open(guarded.url("web.git")).resolve("HEAD").subject == "first"


def test_the_users_own_credential_helper_and_netrc_work(me, guarded: HttpServer) -> None:
    (me.parent / ".netrc").write_text(f"machine 127.0.0.1 login mia password {TOKEN}\n")
    (me.parent / ".netrc").chmod(0o600)
    assert _open(guarded.url("web.git")).resolve("HEAD").subject == "first"
    (me.parent / ".netrc").unlink()
    with pytest.raises(FetchError):
        _open(guarded.url("web.git"))
    me.write_text(
        me.read_text() + f'[credential]\n\thelper = "!f() {{ echo username=mia; echo password={TOKEN}; }}; f"\n'
    )
    assert _open(guarded.url("web.git")).resolve("HEAD").subject == "first"


def test_argo_cds_secret_of_a_repository(me, guarded: HttpServer) -> None:
    url = guarded.url("web.git")
    secret = _secret(url.removesuffix(".git").upper().replace("HTTP", "http"), username="mia", password=TOKEN)
    assert _open(url, secret).resolve("HEAD").subject == "first"
    assert _nowhere(Settings().cache_folder, TOKEN)


def test_argo_cds_templates_fit_by_their_longest_prefix(me, guarded: HttpServer) -> None:
    url = guarded.url("web.git")
    host = url.removesuffix("/web.git")
    wrong = _secret(host, "repo-creds", "short", username="mia", password="no")
    right = _secret(f"{host}/we", "repo-creds", "long", username="mia", password=TOKEN)
    bare = _secret(url, "repository", "named-only")
    assert _open(url, wrong, right, bare).resolve("HEAD").subject == "first"


def test_a_template_never_reaches_another_host() -> None:
    keyring = Keyring([_secret("https://git.example.com", "repo-creds", username="u", password=TOKEN)])
    assert keyring.for_address(Address.parse("https://git.example.com/a/b")).password == TOKEN
    assert keyring.for_address(Address.parse("https://git.example.com.evil.org/a/b")).password == ""
    assert keyring.for_address(Address.parse("https://git.example.com:8443/a/b")).password == ""


def test_a_second_line_in_a_password_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        _secret("https://h/x", username="u", password=f"{TOKEN}\nhost=evil").credentials()
    assert TOKEN not in str(caught.value)
    assert "password must be one line" in str(caught.value)


def test_credentials_do_not_show_themselves() -> None:
    secret = _secret("https://h/x", username="u", password=TOKEN, sshPrivateKey=TOKEN, tlsClientCertKey=TOKEN)
    assert TOKEN not in repr(secret)
    assert TOKEN not in repr(secret.credentials())
    assert TOKEN not in repr(Address.parse(f"https://u:{TOKEN}@h/x"))


def test_what_of_a_secret_is_not_supported_is_said_by_name() -> None:
    made = _secret("https://h/x", enableLfs="true", gcpServiceAccountKey="{}").credentials()
    assert [each.split(": ", 1)[1].split(" ")[0] for each in made.warnings] == ["gcpServiceAccountKey", "enableLfs"]


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://GitHub.com/A/b.git", "https://github.com/a/b"),
        ("git@github.com:a/b.git", "git@github.com/a/b"),
        ("ssh://git@github.com/a/b", "git@github.com/a/b"),
    ],
)
def test_urls_are_compared_as_argo_cd_does(url: str, normal: str) -> None:
    assert normalised(url) == normal


# --- ssh --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def over_ssh(me, upstream, ssh_server, monkeypatch):
    made, bare, push = upstream
    made.commit({"a.yaml": "a: 1\n"}, "first")
    push()
    hosts = me.parent / "known_hosts"
    hosts.write_text(ssh_server.known_hosts)
    config = me.parent / "ssh_config"
    config.write_text(f"UserKnownHostsFile {hosts}\nGlobalKnownHostsFile /dev/null\nIdentityFile none\n")
    monkeypatch.setenv("GIT_SSH_COMMAND", f"ssh -F {config} -o BatchMode=yes")
    return ssh_server, ssh_server.url(bare), hosts


@pytest.fixture
def private(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where keys and certificates go while they are used; what others do at the same time is not seen there."""
    with tempfile.TemporaryDirectory(prefix="run-", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


def test_an_ssh_key_out_of_argo_cds_secret_works_and_is_written_nowhere(over_ssh, private: Path) -> None:
    server, url, _ = over_ssh
    key = server.key.read_text()
    repository = _open(url, _secret(url, sshPrivateKey=key))
    assert repository.read(repository.resolve("HEAD").sha, "a.yaml") == b"a: 1\n"
    assert _nowhere(Settings().cache_folder, key.splitlines()[1])
    assert list(private.iterdir()) == []


def _command(hint: str, begins: str) -> str:
    return hint[hint.index(begins) :].split("; ", maxsplit=1)[0]


def _done(command: str) -> None:
    subprocess.run(["sh", "-c", command], check=True, capture_output=True)


@pytest.mark.parametrize("by", ["address", "alias", "key alias"])
def test_an_unknown_ssh_host_is_refused_with_the_command_that_adds_it(over_ssh, monkeypatch, by: str) -> None:
    server, url, hosts = over_ssh
    hosts.unlink()
    elsewhere = hosts.with_name("elsewhere") / "hosts"
    config = hosts.with_name("ssh_config")
    if by != "address":
        url = url.replace(f"127.0.0.1:{server.port}", "forge")
        more = "HostKeyAlias forge-key\n" if by == "key alias" else ""
        config.write_text(
            f'Host forge\nHostName 127.0.0.1\nPort {server.port}\n{more}Host *\nUserKnownHostsFile "{elsewhere}"\n'
            "GlobalKnownHostsFile /dev/null\nIdentityFile none\n"
        )
    secret = _secret(url, sshPrivateKey=server.key.read_text())
    with pytest.raises(CloneError) as caught:
        _open(url, secret)
    assert not hosts.exists()
    assert not elsewhere.exists()

    _done(_command(caught.value.hint, "mkdir" if "mkdir" in caught.value.hint else "ssh-keyscan"))

    assert _open(url, secret).resolve("HEAD").subject == "first"


def test_a_changed_ssh_host_key_is_not_shrugged_off(over_ssh) -> None:
    server, url, hosts = over_ssh
    other = " ".join((server.folder / "other.pub").read_text().split()[:2])
    hosts.write_text(f"[127.0.0.1]:{server.port} {other}\n")
    secret = _secret(url, sshPrivateKey=server.key.read_text())
    with pytest.raises(CloneError) as caught:
        _open(url, secret)

    _done(_command(caught.value.hint, "ssh-keygen -R"))
    with pytest.raises(CloneError) as caught:
        _open(url, secret)
    _done(_command(caught.value.hint, "ssh-keyscan"))

    assert _open(url, secret).resolve("HEAD").subject == "first"


def test_hosts_that_argo_cd_knows_are_known(over_ssh, private: Path) -> None:
    server, url, hosts = over_ssh
    hosts.write_text("")
    trust = Trust.from_objects({"data": {"ssh_known_hosts": f"# keys\n{server.known_hosts}"}}, None)
    repository = _open(url, _secret(url, sshPrivateKey=server.key.read_text()), trust=trust)
    assert repository.resolve("HEAD").subject == "first"
    assert hosts.read_text() == ""
    assert list(private.iterdir()) == []


def test_a_key_that_argo_cd_knows_differently_is_refused(over_ssh) -> None:
    server, url, hosts = over_ssh
    hosts.write_text("")
    other = " ".join((server.folder / "other.pub").read_text().split()[:2])
    trust = Trust.from_objects({"data": {"ssh_known_hosts": f"[127.0.0.1]:{server.port} {other}\n"}}, None)
    with pytest.raises(CloneError) as caught:
        _open(url, _secret(url, sshPrivateKey=server.key.read_text()), trust=trust)
    assert "ssh-keygen -R" in caught.value.hint


def test_a_wrong_ssh_key_is_said_so(over_ssh) -> None:
    server, url, _ = over_ssh
    with pytest.raises(CloneError) as caught:
        _open(url, _secret(url, sshPrivateKey=(server.folder / "other").read_text()))
    assert "refuses your ssh key" in caught.value.hint


def test_what_is_no_ssh_key_is_said_so_without_it(over_ssh) -> None:
    _, url, _ = over_ssh
    with pytest.raises(CloneError, match="ssh key of Secret argocd/web can't be used") as caught:
        _open(url, _secret(url, sshPrivateKey=TOKEN))
    assert TOKEN not in str(caught.value)


def test_a_push_over_ssh(over_ssh, upstream) -> None:
    from gitops_tui.git.revert import carry_out, preview
    from gitops_tui.model.revert import RevertRequest

    server, url, _ = over_ssh
    made, _, push = upstream
    first = made.git("rev-parse", "HEAD")
    made.commit({"a.yaml": "a: 2\n"}, "second")
    push()
    repository = _open(url, _secret(url, sshPrivateKey=server.key.read_text()))
    done = carry_out(repository, preview(repository, RevertRequest(first, "main", paths=(".",))))
    assert repository.resolve("main").sha == done.commit


# --- TLS --------------------------------------------------------------------------------------------------------------


def test_an_own_ca_and_a_client_certificate(me, upstream, tmp_path: Path, monkeypatch) -> None:
    made, _, push = upstream
    made.commit({"a.yaml": "a: 1\n"}, "first")
    push()
    certs = tmp_path / "certs"
    certs.mkdir()
    server_cert, server_key = certificate(certs)
    client_cert, client_key = certificate(certs, "client")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_cert, server_key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(client_cert)
    with http_server(tmp_path / "served", context=context) as server:
        url = server.url("web.git")
        secret = _secret(url, tlsClientCertData=client_cert.read_text(), tlsClientCertKey=client_key.read_text())
        with pytest.raises(CloneError) as caught:
            _open(url, secret)
        assert "http.sslCAInfo" in caught.value.hint
        monkeypatch.setenv("GIT_SSL_CAINFO", str(server_cert))
        assert _open(url, secret).resolve("HEAD").subject == "first"
        assert _nowhere(Settings().cache_folder, client_key.read_text().splitlines()[1])
        monkeypatch.delenv("GIT_SSL_CAINFO")
        for host, works in (("127.0.0.1", True), ("other.example.com", False)):
            trust = Trust.from_objects(None, {"data": {host: server_cert.read_text()}})
            shutil.rmtree(Settings().cache_folder, ignore_errors=True)
            if works:
                assert _open(url, secret, trust=trust).resolve("HEAD").subject == "first"
            else:
                with pytest.raises(CloneError):
                    _open(url, secret, trust=trust)
        trusting = _secret(
            url,
            tlsClientCertData=client_cert.read_text(),
            tlsClientCertKey=client_key.read_text(),
            insecure="true",
        )
        assert _open(url, trusting).fetch() is False


def test_what_is_no_certificate_in_argo_cds_config_map_is_said_and_left_out() -> None:
    found = Trust.from_objects(None, {"data": {"git.example.com": "nonsense\x1b[31m", "Good.example.com": _PEM}})
    assert dict(found.certificates) == {"good.example.com": _PEM}
    assert [("git.example.com" in each, "\x1b" in each) for each in found.warnings] == [(True, False)]


_PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"


def test_a_proxy_is_used(me, upstream, served, monkeypatch) -> None:
    made, _, push = upstream
    made.commit({"a": "1"}, "first")
    push()
    # An http proxy gets the whole URL: our server takes its path all the same.
    secret = _secret("http://git.invalid/web.git", proxy=f"http://127.0.0.1:{served.port}", username="a", password="b")
    with pytest.raises(CloneError) as caught:
        _open("http://git.invalid/web.git", secret)
    assert any("http://git.invalid/web.git" in path for _, path in served.requests)
    assert f":{served.port}" not in str(caught.value) or "proxy" in str(caught.value)


# --- a GitHub App -----------------------------------------------------------------------------------------------------


class FakeGitHub:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                return

            def answer(self, value: object, status: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                outer.note(self)
                self.answer([{"id": 7, "account": {"login": "other"}}, {"id": 42, "account": {"login": "Served"}}])

            def do_POST(self) -> None:
                outer.note(self)
                if not self.path.startswith("/app/installations/42/"):
                    self.answer({"message": "Not Found"}, 404)
                    return
                self.answer({"token": TOKEN, "expires_at": "2099-01-01T00:00:00Z"}, 201)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def note(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        signed = handler.headers["Authorization"].removeprefix("Bearer ").split(".")
        claims = json.loads(base64.urlsafe_b64decode(signed[1] + "=="))
        self.asked.append((handler.command, handler.path, claims))


@pytest.fixture
def github():
    fake = FakeGitHub()
    github_app._cache.clear()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


def _app_key(tmp_path: Path) -> str:
    subprocess.run(
        ["openssl", "genrsa", "-traditional", "-out", str(tmp_path / "app.pem"), "2048"],
        check=True,
        capture_output=True,
    )
    return (tmp_path / "app.pem").read_text()


def test_a_github_apps_key_becomes_a_token_once(me, upstream, tmp_path: Path, github: FakeGitHub) -> None:
    made, _, push = upstream
    made.commit({"a": "1"}, "first")
    push()
    with http_server(tmp_path, user="x-access-token", password=TOKEN) as server:
        url = server.url("served/web.git")
        secret = _secret(
            url, githubAppID="123", githubAppPrivateKey=_app_key(tmp_path), githubAppEnterpriseBaseUrl=github.url
        )
        repository = _open(url, secret)
        assert repository.resolve("HEAD").subject == "first"
    assert [(method, path.split("?")[0]) for method, path, _ in github.asked] == [
        ("GET", "/app/installations"),
        ("POST", "/app/installations/42/access_tokens"),
    ]
    claims = github.asked[0][2]
    assert claims["iss"] == "123"
    assert 0 < claims["exp"] - time.time() <= 600
    assert _nowhere(Settings().cache_folder, TOKEN)


def test_a_github_app_that_is_refused_is_said_so(me, tmp_path: Path, github: FakeGitHub) -> None:
    secret = _secret(
        "https://127.0.0.1/served/web.git",
        githubAppID="123",
        githubAppInstallationID="7",
        githubAppPrivateKey=_app_key(tmp_path),
        githubAppEnterpriseBaseUrl=github.url,
    )
    with pytest.raises(CloneError, match="GitHub refuses the App \\(404\\)"):
        _open("https://127.0.0.1/served/web.git", secret)


def test_a_key_that_is_none_is_said_so(me) -> None:
    made = _secret(
        "https://h/o/r", githubAppID="1", githubAppInstallationID="2", githubAppPrivateKey=TOKEN
    ).credentials()
    assert made.github_app is not None
    with pytest.raises(FetchError, match="not a private key") as caught:
        github_app.token(made.github_app, Address.parse("https://h/o/r"), Credentials(source="Secret argocd/web"))
    assert TOKEN not in str(caught.value)


def test_nothing_is_asked_of_a_person(me, guarded: HttpServer) -> None:
    began = time.monotonic()
    with pytest.raises(CloneError):
        _open(guarded.url("web.git"))
    assert time.monotonic() - began < 60
    assert "GIT_ASKPASS" not in os.environ
