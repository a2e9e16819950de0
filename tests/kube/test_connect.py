"""What a connection asks first: all at once, and what the version's question meets is what is said."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from gitops_tui.errors import ApiError, Unauthorized
from gitops_tui.kube import Cluster
from gitops_tui.settings import Settings
from tests.kube.fake_api import connected, fake_api, kubeconfig, only_context, status


async def test_nothing_that_it_asks_waits_for_another_answer(tmp_path: Path) -> None:
    async with fake_api() as api:
        wanted = {"/version", "/api", "/apis", "/apis/authentication.k8s.io/v1/selfsubjectreviews"}
        come: set[str] = set()
        all_there = asyncio.Event()

        async def hold(request: web.Request) -> web.StreamResponse | None:
            come.add(request.path)
            if come >= wanted:
                all_there.set()
            await all_there.wait()
            return None

        api.handlers.append(hold)
        async with asyncio.timeout(120), connected(tmp_path, api) as cluster:
            assert (cluster.version, cluster.user) == ("v1.37.0", "u")
            assert len(cluster.discovery) == 3


async def test_credentials_that_do_not_count_are_said_once(tmp_path: Path) -> None:
    async with fake_api() as api:

        async def refuse(request: web.Request) -> web.StreamResponse | None:
            if request.path == "/version":
                await asyncio.sleep(0.05)  # the others are refused before
            return status(401, "Unauthorized", "Unauthorized")

        api.handlers.append(refuse)
        path = kubeconfig(tmp_path, api.url)
        cluster = Cluster(only_context(path), path, Settings(request_timeout=5))
        with pytest.raises(Unauthorized, match="does not accept the credentials of u"):
            await cluster.connect()
        await cluster.close()


async def test_kinds_that_can_not_be_read_are_an_error(tmp_path: Path) -> None:
    async with fake_api() as api:

        async def broken(request: web.Request) -> web.StreamResponse | None:
            return status(500, "InternalError", "no kinds") if request.path == "/apis" else None

        api.handlers.append(broken)
        with pytest.raises(ApiError, match="no kinds"):
            async with connected(tmp_path, api):
                pass
