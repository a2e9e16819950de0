"""Whether the user may run a command in a Pod, forward a port to it or read its logs: asked before, so that the refusal
names the right that is missing and not what a program made of it."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Final

from gitops_tui.errors import ClusterError
from gitops_tui.kube import Cluster
from gitops_tui.model.keys import GVK, AppKey
from gitops_tui.reconcile.part import EnginePart

_POD: Final = GVK("", "v1", "Pod")
# What kubectl asks of the API server for it: https://kubernetes.io/docs/reference/access-authn-authz/authorization.
NEEDS: Final = {
    "exec": (("get", ""), ("create", "exec")),
    "port-forward": (("get", ""), ("create", "portforward")),
    "log": (("get", "log"),),
}


async def refusal(cluster: Cluster, what: str, namespace: str, pod: str = "") -> str:
    """Why the user may not do `what` (of NEEDS) with that Pod ("": with any of the namespace); "" where they may, and
    where nobody can tell."""
    kind = cluster.discovery.get(_POD)
    if kind is None:
        return ""
    for verb, subresource in NEEDS[what]:
        try:
            allowed = await cluster.can_i(verb, kind, namespace, subresource=subresource, name=pod)
        except ClusterError:
            continue  # who can't be asked is asked by doing it
        if not allowed:
            part = f"/{subresource}" if subresource else ""
            who = f"{cluster.user} has " if cluster.user else ""
            return f"{who}no right to {verb} pods{part} in {namespace} on {cluster.name}"
    return ""


class RightsCommands(EnginePart):
    """The engine's answer to it."""

    def pod_refusal(self, app: AppKey, what: str, namespace: str, pod: str = "") -> Future[str]:
        return asyncio.run_coroutine_threadsafe(self._pod_refusal(app, what, namespace, pod), self.loop)

    async def _pod_refusal(self, app: AppKey, what: str, namespace: str, pod: str) -> str:
        cluster = self.session(self.runtime(app)).cluster
        return await refusal(cluster, what, namespace, pod)
