"""What the server asks others: who somebody is, what they may do, whether an object is admitted, and whether to fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from gitops_tui.demo.status import Fault
from gitops_tui.records import dataclass, field

if TYPE_CHECKING:
    from aiohttp import web

Obj = dict[str, Any]


@dataclass(frozen=True, slots=True)
class User:
    """Who asks."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


ADMIN = User("admin", "admin", ("system:masters", "system:authenticated"))


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A request as the API server reads it. verb: get, list, watch, create, update, patch, delete, deletecollection, or
    the method in small letters where is_resource is false."""

    method: str
    path: str
    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    user: User = ADMIN
    is_resource: bool = False


class Authenticator(Protocol):
    def user(self, token: str) -> User | None:
        """Whose token it is, None where nobody's."""


Rules = tuple[list[dict[str, list[str]]], list[dict[str, list[str]]]]


class Authorizer(Protocol):
    def allows(
        self, user: User, verb: str, group: str, resource: str, subresource: str, namespace: str, name: str
    ) -> bool:
        """Whether the user may do that to the resource (namespace "": all, or none at all)."""

    def allows_path(self, user: User, verb: str, path: str) -> bool:
        """Whether the user may ask for a path that is no resource."""

    def rules(self, user: User, namespace: str) -> Rules:
        """Resource rules and non-resource rules in a namespace, as in SelfSubjectRulesReview."""


class Admission(Protocol):
    def admit(self, obj: Obj | None, old: Obj | None, operation: str, info: RequestInfo) -> Obj | None:
        """The object, changed or not (None on DELETE). operation: CREATE, UPDATE, DELETE. Raises Fault to deny."""


class Faults(Protocol):
    async def before(self, info: RequestInfo) -> Fault | None:
        """What to answer instead of the truth; may wait first."""

    def cut(self, info: RequestInfo, size: int) -> int | None:
        """After how many of the answer's `size` bytes the connection breaks, None: it holds."""

    def watch(self, info: RequestInfo, sent: int) -> str | None:
        """Asked before each event of a watch (`sent`: how many went out): None, "drop", "gone" or "cut"."""


SubresourceHandler = Callable[["web.Request", RequestInfo, Obj], Awaitable["web.StreamResponse"]]
RouteHandler = Callable[["web.Request", RequestInfo], Awaitable["web.StreamResponse"]]


class OneToken:
    """The one token of the administrator."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def user(self, token: str) -> User | None:
        import secrets

        return ADMIN if secrets.compare_digest(token.encode("utf-8", "surrogateescape"), self._token) else None


class AllowAll:
    """Everybody may do everything."""

    def allows(
        self, user: User, verb: str, group: str, resource: str, subresource: str, namespace: str, name: str
    ) -> bool:
        return True

    def allows_path(self, user: User, verb: str, path: str) -> bool:
        return True

    def rules(self, user: User, namespace: str) -> Rules:
        every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
        return [every], [{"verbs": ["*"], "nonResourceURLs": ["*"]}]
