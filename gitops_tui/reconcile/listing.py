"""Lists objects of several namespaces side by side, as far as the user may see them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from gitops_tui.errors import ClusterError, Forbidden
from gitops_tui.kube import Cluster, ResourceType

Obj = dict[str, Any]


async def in_namespaces(
    cluster: Cluster, kind: ResourceType, namespaces: Sequence[str], called: str
) -> tuple[list[Obj], list[str]]:
    """The objects of a kind, and what could not be read of them. called: the kind's name, for people."""
    answers = await asyncio.gather(*(cluster.list(kind, each) for each in namespaces), return_exceptions=True)
    found: list[Obj] = []
    problems: list[str] = []
    for namespace, answer in zip(namespaces, answers, strict=True):
        if isinstance(answer, Forbidden):
            problems.append(no_rights(called, namespace))
        elif isinstance(answer, ClusterError):
            problems.append(f"{called} in {namespace}: {answer}")
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found += answer
    return found, problems


def no_rights(called: str, namespace: str) -> str:
    """What is said where the user may not see them."""
    return f"no rights to see {called} in {namespace}"
