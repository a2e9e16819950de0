"""Charts from chart repositories and OCI registries."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_tui.errors import FetchError, GitOpsError, RevertRefused, RevisionNotFound
from gitops_tui.git.credentials import Credentials, RepositorySecret
from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.keys import AppKey
from gitops_tui.reconcile.repositories import Found, Repositories
from gitops_tui.render.charts import ChartMirror, open_chart
from gitops_tui.render.charts.archive import unpack
from gitops_tui.settings import Settings
from tests.render.charts import helm
from tests.render.chartserver import ChartServer, archive, chart, chart_server

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {said: {{ .Values.said | quote }}, at: '%s'}\n"


@pytest.fixture
def server() -> Iterator[ChartServer]:
    with chart_server() as made:
        for version in ("1.0.0", "1.1.0", "1.2.0-rc.1", "2.0.0"):
            made.add("web", version, chart("web", version, MAP % version))
        yield made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache_folder=tmp_path / "cache", request_timeout=10)


@pytest.fixture
def repositories(settings: Settings) -> Iterator[Repositories]:
    made = Repositories(settings)
    yield made
    made.close()


def opened(url: str, settings: Settings, name: str = "web", credentials: Credentials | None = None) -> ChartMirror:
    address = Source(url, chart=name).address
    return open_chart(address, settings=settings, credentials=lambda _: credentials or Credentials())


def app(*sources: Source) -> Application:
    return Application(AppKey("c", "", "app"), sources, Destination(namespace="d"))


def render(repositories: Repositories, application: Application) -> Found:
    return repositories.render(application, "", "1.30", (), "d")


@pytest.mark.parametrize("kind", ["url", "oci"])
@pytest.mark.parametrize(
    ("wanted", "found"),
    [("1.0.0", "1.0.0"), ("v1.0.0", "1.0.0"), ("1.x", "1.1.0"), ("~1.0", "1.0.0"), (">=1.2.0-0 <2.0.0-0", "1.2.0-rc.1"), ("HEAD", "2.0.0"), ("*", "2.0.0")],
)  # fmt: skip
def test_versions_and_ranges_mean_what_helm_means_by_them(server, settings, kind: str, wanted: str, found: str) -> None:
    mirror = opened(getattr(server, kind), settings)
    mirror.fetch()
    commit = mirror.resolve(wanted)
    assert commit.subject == f"web {found}"
    assert f"version: {found}" in mirror.read(commit.sha, "Chart.yaml").decode()


def test_a_version_has_the_same_commit_on_every_machine(server, tmp_path: Path) -> None:
    shas = set()
    for name in ("one", "two"):
        mirror = opened(server.url, Settings(cache_folder=tmp_path / name))
        mirror.fetch()
        for version in ("2.0.0", "1.0.0") if name == "one" else ("1.0.0",):
            commit = mirror.resolve(version)
        assert not commit.parents
        shas.add(commit.sha)
    assert len(shas) == 1


def test_what_was_pulled_is_not_pulled_again_and_renders_while_the_remote_is_away(server, settings) -> None:
    mirror = opened(server.url, settings)
    mirror.fetch()
    sha = mirror.resolve("1.x").sha
    assert server.count(".tgz") == 1
    again = opened(server.url, settings)
    assert again.fetch() is False
    assert again.resolve("1.x").sha == sha
    assert server.count(".tgz") == 1
    server.http.server_close()
    server.http.shutdown()
    away = opened("http://127.0.0.1:9/charts", settings)
    with pytest.raises(FetchError, match="can't be reached"):
        away.fetch()
    assert opened(server.url, settings).resolve("1.x").sha == sha


@pytest.mark.parametrize("kind", ["url", "oci"])
def test_a_new_version_is_news_and_a_version_published_anew_too(server, settings, kind: str) -> None:
    mirror = opened(getattr(server, kind), settings)
    mirror.fetch()
    first = mirror.resolve("1.x")
    assert mirror.fetch() is False
    server.add("web", "1.3.0", chart("web", "1.3.0", MAP % "new"))
    assert mirror.fetch() is True
    assert mirror.resolve("1.x").subject == "web 1.3.0"
    server.entries["web"] = [each for each in server.entries["web"] if each["version"] != "1.1.0"]
    server.add("web", "1.1.0", chart("web", "1.1.0", MAP % "other bytes"))
    mirror.resolve("1.1.0")
    assert mirror.fetch() is True
    assert mirror.resolve("1.1.0").sha != first.sha


def test_an_archive_that_is_not_what_the_index_says_is_refused(server, settings) -> None:
    server.add("web", "3.0.0", chart("web", "3.0.0", MAP % "x"), digest="0" * 64)
    mirror = opened(server.url, settings)
    mirror.fetch()
    with pytest.raises(FetchError, match="is not what the index says"):
        mirror.resolve("3.0.0")
    blob = next(each for each in server.files if "/blobs/" in each)
    server.files[blob] = b"something else"
    registry = opened(server.oci, settings)
    registry.fetch()
    with pytest.raises(FetchError, match="not what its digest says"):
        registry.resolve("1.0.0")


def test_a_chart_or_version_that_is_not_there_is_named_with_what_there_is(server, settings) -> None:
    with pytest.raises(FetchError, match="has no chart wep") as raised:
        opened(server.url, settings, "wep").fetch()
    assert "web" in raised.value.hint
    mirror = opened(server.url, settings)
    mirror.fetch()
    with pytest.raises(RevisionNotFound, match=r"has no version '9.x'") as missing:
        mirror.resolve("9.x")
    assert "2.0.0" in missing.value.hint


@pytest.mark.parametrize("kind", ["url", "oci"])
def test_the_credentials_of_argo_cds_secret_reach_their_host_and_no_other(server, repositories, kind: str) -> None:
    server.password = "s3cret"
    url = getattr(server, kind).removeprefix("oci://")
    source = Source(url, chart="web", target_revision="1.0.0")
    with pytest.raises(GitOpsError, match=r"401|refuses us") as raised:
        repositories.open(source.address)
    assert "s3cret" not in str(raised.value)
    fields = {"type": "helm", "url": url, "username": "dana", "password": "s3cret", "enableOCI": "true"}
    secret = {
        "metadata": {"name": "s", "namespace": "argocd", "labels": {"argocd.argoproj.io/secret-type": "repository"}},
        "data": {name: base64.b64encode(value.encode()).decode() for name, value in fields.items()},
    }
    found = RepositorySecret.from_object(secret)
    assert found is not None
    repositories.set_secrets([found])
    assert repositories.open(source.address).resolve("1.0.0").subject == "web 1.0.0"
    with chart_server() as elsewhere:
        elsewhere.files["/web.tgz"] = chart("web", "4.0.0", MAP % "x")
        server.add("web", "4.0.0", elsewhere.files["/web.tgz"], place=f"http://127.0.0.1:{elsewhere.port}/web.tgz")
        blob = [each for each in server.files if "/blobs/" in each][-1]
        server.redirect[blob] = f"http://127.0.0.1:{elsewhere.port}/web.tgz"
        repositories.fetch([source.address])
        assert repositories.open(source.address).resolve("4.0.0").subject == "web 4.0.0"
        assert [given for _, given in elsewhere.asked] == [""]
        if kind == "url":
            passing = Source(url, chart="web", target_revision="4.0.0", helm={"passCredentials": True})
            server.add("web", "4.1.0", elsewhere.files["/web.tgz"], place=f"http://127.0.0.1:{elsewhere.port}/web.tgz")
            repositories.open(passing.address).resolve("4.1.0")
            assert elsewhere.asked[-1][1].startswith("Basic ")


def test_a_git_secret_is_not_given_to_a_chart_repository(server, repositories) -> None:
    git = RepositorySecret("a/b", False, server.url, {"url": server.url, "username": "dana", "password": "s3cret"})
    repositories.set_secrets([git])
    repositories.open(Source(server.url, chart="web").address)
    assert {given for _, given in server.asked} == {""}


@pytest.mark.parametrize(
    ("files", "links", "said"),
    [
        ({"Chart.yaml": "x", "../../evil": "x"}, {}, "not a safe path"),
        ({"/etc/passwd": "x"}, {}, "not a safe path"),
        ({"Chart.yaml": "x", ".git/hooks/x": "x"}, {}, "not a safe path"),
        ({"Chart.yaml": "x"}, {"templates": "/etc"}, "a link or a device"),
        ({"other.yaml": "x"}, {}, "no Chart.yaml"),
        ({"Chart.yaml": "x", "big": b"0" * 3_000_000}, {}, "larger than 1000000 bytes unpacked"),
    ],
)
def test_hostile_archives_are_refused(files, links, said: str) -> None:
    with pytest.raises(FetchError, match=said):
        unpack(archive("web", files, links), "web", limit=1_000_000)


def test_a_bomb_of_an_archive_ends_at_the_limit_and_what_is_no_archive_is_said(tmp_path: Path) -> None:
    bomb = archive("web", {"Chart.yaml": "x", "big": bytes(40_000_000)})
    assert len(bomb) < 200_000
    with pytest.raises(FetchError, match=r"max_unpacked_chart_bytes|bytes unpacked"):
        unpack(bomb, "web", limit=1_000_000)
    for junk in (b"", b"PK\x03\x04", b"\x1f\x8b" + b"x" * 40, bomb[:1000]):
        with pytest.raises(FetchError, match=r"no gzip archive|that can be read"):
            unpack(junk, "web", limit=50_000_000)


def test_an_archive_larger_than_the_limit_is_not_read(server, tmp_path: Path) -> None:
    mirror = opened(server.url, Settings(cache_folder=tmp_path / "c", max_chart_bytes=50))
    mirror.fetch()
    with pytest.raises(FetchError, match="larger than 50 bytes"):
        mirror.resolve("1.0.0")


def test_what_is_cached_is_for_its_owner_alone(server, settings) -> None:
    mirror = opened(server.url, settings)
    mirror.fetch()
    mirror.resolve("1.0.0")
    for place in (settings.cache_folder / "charts", mirror.folder, mirror.folder / "versions.json"):
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0


@helm
def test_a_chart_renders_with_values_from_git_and_follows_its_range(server, repositories, made_repository) -> None:
    made_repository.commit({"prod.yaml": "said: prod\n"})
    application = app(
        Source(server.url, chart="web", target_revision="1.x", helm={"valueFiles": ["$values/prod.yaml"]}),
        Source(str(made_repository.folder), path="", ref="values"),
    )
    first = render(repositories, application)
    assert first.manifests[0].obj["data"] == {"said": "prod", "at": "1.1.0"}
    assert first.source_type == "Helm"
    assert first.target.subject == "web 1.1.0"
    server.add("web", "1.4.0", chart("web", "1.4.0", MAP % "1.4.0"))
    assert repositories.fetch([application.source.address]) == [application.source.address]
    assert render(repositories, application).manifests[0].obj["data"]["at"] == "1.4.0"
    pinned = repositories.render(application, first.revision.sha, "1.30", (), "d")
    assert pinned.manifests[0].obj["data"]["at"] == "1.1.0"


DEPENDENT = (
    "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: "
    "[{name: web, version: %s, repository: '%s'}, {name: near, version: 1.x, repository: 'file://../near'}]\n"
)
NEAR = {"near/Chart.yaml": "apiVersion: v2\nname: near\nversion: 1.0.0\n",
        "near/templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: near}\n"}  # fmt: skip


@helm
@pytest.mark.parametrize("kind", ["url", "oci"])
def test_dependencies_are_fetched_into_a_copy_and_the_lock_counts(
    server, repositories, made_repository, kind: str
) -> None:
    url = getattr(server, kind)
    made_repository.commit({"a/Chart.yaml": DEPENDENT % ("1.x", url), **NEAR})
    application = app(Source(str(made_repository.folder), path="a"))
    found = render(repositories, application)
    assert {each.key.name: each.obj.get("data", {}).get("at") for each in found.manifests} == {
        "web": "1.1.0",
        "near": None,
    }
    assert not (made_repository.folder / "a" / "charts").exists()
    made_repository.commit({"a/Chart.lock": "dependencies: [{name: web, version: 1.0.0}]\n"})
    repositories.fetch([application.source.address])
    again = {each.key.name: each for each in render(repositories, application).manifests}
    assert again["web"].obj["data"]["at"] == "1.0.0"
    made_repository.commit({"near/templates/x.yaml": NEAR["near/templates/x.yaml"] + "data: {new: x}\n"})
    repositories.fetch([application.source.address])
    again = {each.key.name: each for each in render(repositories, application).manifests}
    assert again["near"].obj["data"] == {"new": "x"}


@helm
def test_a_dependency_that_can_not_be_had_is_named_with_its_chart(server, made_repository, tmp_path: Path) -> None:
    made_repository.commit({"a/Chart.yaml": DEPENDENT % ("9.x", server.url), **NEAR})
    application = app(Source(str(made_repository.folder), path="a"))
    for settings, said in (
        (
            Settings(cache_folder=tmp_path / "1"),
            "a/Chart.yaml: the dependency web can't be had: .* has no version '9.x'",
        ),
        (Settings(cache_folder=tmp_path / "2", chart_dependencies=False), "web is not in its charts folder"),
    ):
        repositories = Repositories(settings)
        with pytest.raises(GitOpsError, match=said):
            render(repositories, application)
        repositories.close()
    made_repository.commit({"a/Chart.yaml": (DEPENDENT % ("1.x", server.url)).replace("../near", "../../../etc")})
    repositories = Repositories(Settings(cache_folder=tmp_path / "3"))
    with pytest.raises(GitOpsError, match="near is outside of the repository"):
        render(repositories, application)
    repositories.close()


def test_nothing_can_be_reverted_in_a_chart_repository(server, settings) -> None:
    from gitops_tui.git.revert import preview
    from gitops_tui.model.revert import RevertRequest

    mirror = opened(server.url, settings)
    mirror.fetch()
    with pytest.raises(RevertRefused, match="chart repository"):
        preview(mirror, RevertRequest("1.0.0", "1.0.0", paths=(".",)))
