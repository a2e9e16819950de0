"""A part of `EngineApi`, for the screens: actions on one object."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gitops_tui.model.actions import ActionRequest, ObjectActions
    from gitops_tui.model.keys import AppKey, ResourceKey


class ActionsApi(Protocol):
    """key: a managed object; uid: of an object beneath it. Every exception is a GitOpsError that can be shown."""

    def actions(self, app: AppKey, key: ResourceKey, uid: str = "") -> Future[ObjectActions]:
        """What can be done with the object, what that would mean, and what the user may not do."""

    def act(self, app: AppKey, key: ResourceKey, request: ActionRequest, uid: str = "") -> Future[str]:
        """Does it, once; what was done, in words."""

    def pod_refusal(self, app: AppKey, what: str, namespace: str, pod: str = "") -> Future[str]:
        """Why the user may not do what ("exec", "port-forward", "log") with a Pod, "" for any of the namespace; "" where
        they may."""

    def kubectl_options(self, app: AppKey) -> tuple[str, ...]:
        """What kubectl is to be told so that it means the application's cluster: --kubeconfig and --context."""
