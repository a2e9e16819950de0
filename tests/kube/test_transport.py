"""Requests: what is sent again and what never is, whose words are passed on, and that no secret leaks."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from gitops_tui.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
    UnknownKind,
    Unreachable,
)
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.kube.answers import api_error
from gitops_tui.kube.transport import ApiWrite
from gitops_tui.model.keys import GVK
from gitops_tui.model.text import printable
from gitops_tui.settings import Settings
from tests.kube.fake_api import FakeApi, config_map, connected, cut, fake_api, kubeconfig, only_context, status

CM = GVK("", "v1", "ConfigMap")
OBJ = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}, "data": {"k": "v"}}
PATH = "/api/v1/namespaces/shop/configmaps/a"


def only(api: FakeApi, method: str, *answers: Any) -> list[int]:
    """Answers requests of this method one after the other ("cut" cuts the connection, "ok" agrees); counts them."""
    left, count = list(answers), [0]

    async def handler(request: web.Request) -> web.StreamResponse | None:
        if request.method != method or "/configmaps" not in request.path:
            return None
        await request.read()
        count[0] += 1
        answer = left.pop(0) if len(left) > 1 else left[0]
        if answer == "cut":
            cut(request)
            return web.Response()
        return web.json_response(config_map("a", 7)) if answer == "ok" else answer

    api.handlers.append(handler)
    return count


async def test_an_apply_is_sent_again_after_a_cut_since_it_comes_to_the_same(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        count = only(api, "PATCH", "cut", "ok")
        assert (await cluster.apply(OBJ))["metadata"]["resourceVersion"] == "7"
        assert count == [2]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_write_whose_outcome_is_unknown_is_never_sent_again(tmp_path: Path, method: str) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        # The pooled connection is in use already: there aiohttp by itself would send PUT and DELETE again.
        await cluster.list(cluster.discovery.find(CM))
        count = only(api, method, "cut", "ok")
        with pytest.raises(Unreachable, match="whether the API server did it is not known"):
            if method == "POST":
                await cluster.create(OBJ)
            elif method == "PUT":
                await cluster.replace(OBJ)
            else:
                await cluster.delete(cluster.discovery.find(CM), "shop", "a")
        assert count == [1]


async def test_429_waits_as_long_as_it_is_told_and_then_goes_on(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        busy = web.Response(status=429, headers={"Retry-After": "0.3"})
        count = only(api, "POST", busy, "ok")
        started = time.monotonic()
        await cluster.create(OBJ)
        assert time.monotonic() - started >= 0.3
        assert count == [2]


async def test_429_without_end_is_an_error(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:

        async def busy(request: web.Request) -> web.Response | None:
            return web.Response(status=429, headers={"Retry-After": "0.01"}) if request.path == PATH else None

        api.handlers.append(busy)
        with pytest.raises(TooManyRequests):
            await cluster.apply(OBJ)


@pytest.mark.parametrize("said", ["inf", "nan", "-5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_a_senseless_retry_after_never_blocks(tmp_path: Path, said: str) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        left = [1]

        async def busy(request: web.Request) -> web.Response | None:
            if request.path == PATH and left:
                left.pop()
                return web.Response(status=503, headers={"Retry-After": said})
            return None

        api.handlers.append(busy)
        only(api, "GET", "ok")
        assert await asyncio.wait_for(cluster.get(cluster.discovery.find(CM), "shop", "a"), 5)


async def test_a_token_that_ran_out_is_read_again_once(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")
    async with fake_api() as api:

        async def check(request: web.Request) -> web.Response | None:
            good = request.headers.get("Authorization") == f"Bearer {valid[0]}"
            return None if good else status(401, "Unauthorized", "Unauthorized")

        valid = ["old"]
        api.handlers.append(check)
        async with connected(tmp_path, api, user={"tokenFile": "token"}) as cluster:
            cluster.transport._renewed = 0
            valid[0] = "new"
            token.write_text("new\n")
            assert await cluster.list(cluster.discovery.find(CM)) == []
            valid[0] = "newer"
            with pytest.raises(Unauthorized) as refused:
                await cluster.list(cluster.discovery.find(CM))
            assert "log in again" in refused.value.hint


async def test_wrong_credentials_are_named_without_showing_them(tmp_path: Path) -> None:
    async with fake_api() as api:

        async def check(_: web.Request) -> web.Response:
            return status(401, "Unauthorized", "Unauthorized")

        api.handlers.append(check)
        with pytest.raises(Unauthorized, match=r"context test.*credentials of u") as error:
            async with connected(tmp_path, api):
                pass
        assert "s3cret" not in str(error.value)


async def test_a_netrc_never_takes_the_place_of_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login eve password pw\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with fake_api() as api, connected(tmp_path, api):
        assert {each["Authorization"] for each in api.headers} == {"Bearer s3cret-token"}


async def test_impersonation_is_kept(tmp_path: Path) -> None:
    user = {"token": "t", "as": "jane", "as-groups": ["dev", "ops"]}
    async with fake_api() as api:
        groups: list[list[str]] = []

        async def look(request: web.Request) -> None:
            groups.append(request.headers.getall("Impersonate-Group"))

        api.handlers.append(look)
        async with connected(tmp_path, api, user=user):
            assert api.headers[0]["Impersonate-User"] == "jane"
            assert groups[0] == ["dev", "ops"]


async def test_a_redirect_is_not_followed_and_carries_no_token_away(tmp_path: Path) -> None:
    async with fake_api() as other, fake_api() as api:

        async def move(_: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": other.url + "/login"})

        api.handlers.append(move)
        with pytest.raises(ApiError):
            async with connected(tmp_path, api):
                pass
        assert other.asked == []


@pytest.mark.parametrize("name", [".", "..", "a/b", "a%2fb", ""])
async def test_no_name_can_turn_a_delete_into_another_one(tmp_path: Path, name: str) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        before = len(api.asked)
        with pytest.raises(Invalid):
            await cluster.delete(cluster.discovery.find(CM), "shop", name)
        with pytest.raises(Invalid):
            await cluster.apply({**OBJ, "metadata": {"name": name, "namespace": "shop"}})
        with pytest.raises(Invalid):
            await cluster.delete(cluster.discovery.find(CM), name, "a")
        assert len(api.asked) == before


@given(st.text(), st.text())
def test_a_path_has_as_many_parts_whatever_the_names(namespace: str, name: str) -> None:
    kind = ResourceType(GVK("apps", "v1", "Deployment"), "deployments", True)
    if not name or not namespace:
        return
    try:
        path = kind.path(namespace, name)
    except (Invalid, UnicodeEncodeError):
        return
    assert path.count("/") == 7
    assert path.isascii()
    assert not {".", ".."} & set(path.split("/"))


@pytest.mark.parametrize(
    "message",
    [
        "Precondition failed: UID in precondition: u-1, UID in object meta: u-2",
        'Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (u-1) does not match the UID in '
        "record (u-2). The object might have been deleted and then recreated",
    ],
)
async def test_deleting_by_uid_leaves_a_successor_alone(tmp_path: Path, message: str) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        only(api, "DELETE", status(409, "Conflict", message))
        assert await cluster.delete(cluster.discovery.find(CM), "shop", "a", uid="u-1") is False


async def test_a_conflict_that_is_no_precondition_is_an_error(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        only(api, "PATCH", status(409, "Conflict", 'Apply failed with 1 conflict: conflict with "helm": .data.k'))
        with pytest.raises(Conflict) as error:
            await cluster.apply(OBJ, force=False)
        assert "helm" in error.value.hint


async def test_what_json_cannot_say_is_refused_with_the_object_named(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        for value in (2**70, "\ud800", {1, 2}):
            with pytest.raises(Invalid, match="ConfigMap shop/a"):
                await cluster.apply({**OBJ, "data": {"k": value}})


async def test_an_apply_is_yaml_that_says_the_same_as_its_json(tmp_path: Path) -> None:
    odd = "".join(map(chr, (*range(0x20, 0x100), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0x1F642))) + "\t\n\r\\"
    sent: list[bytes] = []
    async with fake_api() as api, connected(tmp_path, api) as cluster:

        async def keep(request: web.Request) -> web.Response | None:
            if request.method != "PATCH":
                return None
            sent.append(await request.read())
            return web.json_response(config_map("a", 7))

        api.handlers.append(keep)
        await cluster.apply({**OBJ, "data": {"k": odd}})
    assert json.loads(sent[0])["data"] == {"k": odd}
    # What YAML calls a line break or no character at all, raw in a text.
    assert not re.search("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", sent[0].decode())


async def test_writes_and_warnings_are_told(tmp_path: Path) -> None:
    writes: list[ApiWrite] = []
    warnings: list[tuple[str, str]] = []
    hooks = {"on_write": writes.append, "on_warning": lambda what, text: warnings.append((what, text))}
    async with fake_api() as api, connected(tmp_path, api, **hooks) as cluster:

        async def warn(request: web.Request) -> web.Response | None:
            if request.method != "PATCH":
                return None
            return web.json_response(
                config_map("a", 7), headers={"Warning": '299 - "unknown field \\"x\\"\x1b[31m"'.replace("\x1b", "")}
            )

        api.handlers.append(warn)
        await cluster.apply(OBJ, dry_run=True)
        assert [(each.method, each.path, each.dry_run, each.status) for each in writes] == [("PATCH", PATH, True, 200)]
        assert warnings == [("dry run of ConfigMap shop/a", 'unknown field "x"[31m')]


async def test_no_more_writes_at_once_than_are_allowed(tmp_path: Path) -> None:
    running, most = [0], [0]
    async with fake_api() as api, connected(tmp_path, api, settings=Settings(concurrency=3)) as cluster:

        async def slow(request: web.Request) -> web.Response | None:
            if request.method != "PATCH":
                return None
            running[0] += 1
            most[0] = max(most[0], running[0])
            await asyncio.sleep(0.01)
            running[0] -= 1
            return web.json_response(config_map("a", 7))

        api.handlers.append(slow)
        await asyncio.gather(*(cluster.apply(OBJ) for _ in range(20)))
        assert most == [3]


async def test_a_server_that_is_silent_or_not_there_is_unreachable_with_what_to_try(tmp_path: Path) -> None:
    async with fake_api() as api:
        url = api.url
    path = kubeconfig(tmp_path, url)
    cluster = Cluster(only_context(path), path, Settings(request_timeout=1))
    with pytest.raises(Unreachable, match=r"\(context test\) can't be reached: Connection refused") as error:
        await cluster.connect()
    assert "kubectl --context test get --raw /version" in error.value.hint
    await cluster.close()

    async with fake_api() as api:

        async def silent(_: web.Request) -> None:
            await asyncio.sleep(3)

        api.handlers.append(silent)
        with pytest.raises(Unreachable, match="did not answer in time"):
            async with connected(tmp_path, api, settings=Settings(request_timeout=0.3)):
                pass


@pytest.mark.parametrize("body", ["<html>", "[1, 2]", "7", '"text"', "null", "{", "[" * 100_000])
async def test_a_server_that_is_no_api_server_is_told_as_such(tmp_path: Path, body: str) -> None:
    async with fake_api() as api:

        async def page(_: web.Request) -> web.Response:
            return web.Response(text=body)

        api.handlers.append(page)
        with pytest.raises(ApiError) as error:
            async with connected(tmp_path, api):
                pass
        assert "Is this the address of a Kubernetes API server" in str(error.value)


# --- the words of the API server ------------------------------------------------------------------------------------


def body_of(**status_fields: Any) -> bytes:
    import orjson

    return orjson.dumps({"kind": "Status", "status": "Failure", **status_fields})


@pytest.mark.parametrize(
    ("code", "kind"),
    [(400, Invalid), (403, Forbidden), (404, NotFound), (409, Conflict), (422, Invalid), (500, ApiError)],
)
def test_errors_have_their_class_and_the_api_servers_words(code: int, kind: type[ApiError]) -> None:
    error = api_error(code, body_of(message="because\x1b]0;of this", reason="R"), "Deployment shop/a")
    assert type(error) is kind
    assert error.message.startswith("Deployment shop/a: because")
    assert "\x1b" not in str(error)
    assert (error.status, error.reason) == (code, "R")


@pytest.mark.parametrize("code", [400, 403, 422, 500, 503])
def test_what_a_refusal_of_a_secret_quotes_is_not_passed_on(code: int) -> None:
    causes = [{"field": "data[password]", "reason": "FieldValueInvalid", "message": 'Invalid value: "hunter2"'}]
    message = 'admission webhook "w" denied the request: Invalid value: "hunter2"'
    error = api_error(code, body_of(message=message, details={"causes": causes}), "Secret shop/a", secret=True)
    assert "hunter2" not in str(error)
    assert "data[password] (FieldValueInvalid)" in str(error)


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        (403, 'admission webhook "deny.example.org" denied the request: pass is hunter22', "deny.example.org"),
        (400, 'admission webhook "deny.example.org" denied the request: pass is hunter22', "deny.example.org"),
        (
            422,
            "secrets \"a\" is forbidden: ValidatingAdmissionPolicy 'no-short' with binding 'b' denied request: hunter22",
            "'no-short' with binding 'b'",
        ),
        (
            403,
            'secrets "a" is forbidden: exceeded quota: q, requested: secrets=1, used: secrets=2, limited: secrets=2',
            "",
        ),
        (403, 'secrets "a" is forbidden: exceeded quota: q, requested: hunter22 hunter22', "are not shown"),
        (403, 'admission webhook "quota.example.com" denied the request: hunter22', "are not shown"),
        (403, 'a proxy: admission webhook "hunter22" denied the request', "refuses it"),
    ],
)
def test_who_refuses_a_secret_is_told_without_their_words(code: int, message: str, told: str) -> None:
    said = str(api_error(code, body_of(message=message, reason="Forbidden"), "Secret shop/a", secret=True))
    assert "hunter22" not in said
    assert told in said
    assert message in said or "are not shown" in said


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "failed to create typed patch object (s/a; /v1, Kind=Secret): .stringData.a: expected string, got "
            "&value.valueUnstructured{Value:12345678}",
            ".stringData.a: expected string",
        ),
        (
            "failed to create typed patch object (s/a; /v1, Kind=Secret): .dat: field not declared in schema",
            ".dat: field",
        ),
        (
            "failed to convert new object (s/a; /v1, Kind=Secret) to proper version: unable to convert unstructured object "
            "to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 3",
            "illegal base64 data at input byte 3",
        ),
    ],
)
@pytest.mark.parametrize("secret", [True, False])
def test_what_the_api_server_cannot_read_is_refused_for_good_and_its_field_told(
    message: str, told: str, secret: bool
) -> None:
    error = api_error(500, body_of(message=message), "Secret s/a", secret=secret)
    assert isinstance(error, Invalid)
    assert told in str(error)
    hints = {"expected": "put the value in quotes", "illegal": "write plain text", "declared": "mend the name"}
    assert error.hint.startswith(next(hint for word, hint in hints.items() if word in message))
    assert ("12345678" in str(error)) is ("12345678" in message and not secret)
    busy = api_error(500, body_of(message="etcdserver: request timed out"), "Secret s/a", secret=secret)
    assert not isinstance(busy, Invalid)


def test_an_immutable_secret_says_so() -> None:
    causes = [{"field": "data", "reason": "FieldValueForbidden"}, {"reason": "x"}]
    causes[0]["message"] = "Forbidden: field is immutable when `immutable` is set"
    error = api_error(422, body_of(message="no", details={"causes": causes}), "Secret shop/a", secret=True)
    assert ": data (field is immutable when `immutable` is set) (its words" in error.message
    assert error.hint.startswith("delete the object")


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        (
            'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["10.0.9.9"]: may not change once set',
            "delete the object",
        ),
        (
            'StatefulSet.apps "a" is invalid: spec.serviceName: Invalid value: "b": field is immutable',
            "delete it with --cascade=orphan",
        ),
        (
            "configmaps is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            "change the object in Git",
        ),
    ],
)
def test_an_invalid_object_says_what_to_do(message: str, hint: str) -> None:
    assert api_error(422, body_of(message=message), "it").hint.startswith(hint)


def test_a_missing_right_on_a_secret_is_told_in_full() -> None:
    message = (
        'secrets "a" is forbidden: User "dana" cannot patch resource "secrets" in API group "" in the namespace "shop"'
    )
    error = api_error(403, body_of(message=message, reason="Forbidden"), "Secret shop/a", secret=True)
    assert message in str(error)


@pytest.mark.parametrize(
    "value",
    [
        json.dumps({"Spec": {"Containers": ['}:"' * 50] * 20}}),
        'core.PodSpec{Volumes:[]core.Volume(nil), Name:"' + "}" * 400 + '", More:(*int)(nil)}',
        json.dumps("a long text " * 300),
        json.dumps(["a"] * 900),
    ],
)
def test_what_is_wrong_with_a_whole_object_is_told_without_it(value: str) -> None:
    message = f'Job "a" is invalid: spec.template: Invalid value: {value}: field is immutable, spec.b: Required value'
    error = api_error(422, body_of(message=message), "Job shop/a")
    assert "field is immutable, spec.b: Required value. Delete the object" in str(error)
    assert len(str(error)) < 250


def test_a_diff_of_the_whole_object_is_left_out_of_a_refusal() -> None:
    message = (
        'PersistentVolumeClaim "p" is invalid: spec: Forbidden: spec is immutable after creation except x for bound claims'
        '\n@@ -6,7 +6,7 @@\n "Limits": null,\n-"storage": "1Gi"'
    )
    said = str(api_error(422, body_of(message=message), "dry run of it"))
    assert said.endswith("for bound claims. Keep the field as it is; deleting the object could delete its data")
    webhook = 'admission webhook "x" denied the request:\n- one reason\n- another'
    assert "another" in str(api_error(400, body_of(message=webhook), "it"))


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ('services "a" is forbidden: User "dana" cannot patch resource "services"', "ask for the right"),
        ('services "a" is forbidden: exceeded quota: q, requested: x=1, used: x=0, limited: x=0', "raise the quota"),
        ('pods "a" is forbidden: violates PodSecurity "restricted:latest": privileged', ""),
        ("some proxy's words", "ask for the right"),
        ('admission webhook "x" denied the request: no', "change the object in Git"),
        (
            "a is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            "change the object in Git",
        ),
    ],
)
def test_a_403_tells_what_would_help(message: str, hint: str) -> None:
    said = api_error(403, body_of(message=message, reason="Forbidden"), "it").hint
    assert said.startswith(hint)
    assert bool(said) == bool(hint)


def test_a_short_value_that_is_refused_is_told_and_a_long_message_keeps_its_end() -> None:
    error = api_error(422, body_of(message='a: Invalid value: "x{": no, b: Invalid value: 3: too much'), "it")
    assert str(error) == 'it: a: Invalid value: "x{": no, b: Invalid value: 3: too much'
    said = str(api_error(422, body_of(message="word " * 5000 + "the end"), "it"))
    assert said.startswith("it: word word")
    assert said.endswith("the end")
    assert len(said) < 2100


@given(st.integers(300, 599), st.binary(max_size=400), st.booleans())
def test_any_answer_makes_an_error_that_can_be_shown(code: int, body: bytes, secret: bool) -> None:
    text = str(api_error(code, body, "it", secret=secret))
    assert text.startswith("it: ")
    assert printable(text) == text


# --- discovery ------------------------------------------------------------------------------------------------------


async def test_kinds_are_found_by_the_words_people_use(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        find = cluster.discovery.find_kind
        assert {find(word).plural for word in ("cm", "configmap", "ConfigMaps", "configmaps")} == {"configmaps"}
        assert find("ns").subresources == {"finalize", "status"}
        with pytest.raises(UnknownKind, match="Did you mean configmap"):
            find("configmapp")


async def test_legacy_discovery_goes_on_where_one_group_is_broken(tmp_path: Path) -> None:
    async with fake_api() as api:

        async def legacy(request: web.Request) -> web.Response | None:
            if request.path == "/api":
                return web.json_response({"kind": "APIVersions", "versions": ["v1"]})
            if request.path == "/apis":
                versions = [{"version": "v1beta1"}, {"version": "v1"}]
                groups = [
                    {"name": name, "versions": versions, "preferredVersion": {"version": "v1"}}
                    for name in ("apps", "bad")
                ]
                return web.json_response({"kind": "APIGroupList", "groups": groups})
            if request.path.startswith("/apis/bad/"):
                return status(500, "", "no endpoints available")
            found = [
                {
                    "name": "deployments",
                    "kind": "Deployment",
                    "namespaced": True,
                    "verbs": ["get"],
                    "shortNames": ["deploy"],
                },
                {"name": "deployments/scale", "kind": "Scale", "namespaced": True},
                {"nonsense": 1},
                "text",
            ]
            return web.json_response({"resources": found}) if request.path.startswith("/apis/apps") else None

        api.handlers.append(legacy)
        async with connected(tmp_path, api) as cluster:
            assert cluster.discovery.find_kind("deploy").gvk == GVK("apps", "v1", "Deployment")
            assert cluster.discovery.find_kind("deployments.apps").subresources == {"scale"}
            assert set(cluster.discovery.failed) >= {"bad/v1", "bad/v1beta1"}


async def test_an_unknown_kind_says_what_there_is(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        with pytest.raises(UnknownKind, match="It serves this kind as v1"):
            cluster.discovery.find(GVK("", "v2", "ConfigMap"))
        with pytest.raises(UnknownKind, match="CustomResourceDefinition installed"):
            cluster.discovery.find(GVK("x.io", "v1", "Zebra"))
