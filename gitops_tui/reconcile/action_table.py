"""Which actions there are for an object, and what each writes. Pure: an object in, offers and writes out.

What is written is what kubectl, the Argo Rollouts plugin and the flux program write (kubectl/pkg/polymorphichelpers,
kubectl/pkg/cmd/create/create_job.go, argo-rollouts/pkg/kubectl-argo-rollouts/cmd, flux2/cmd/flux/reconcile.go), so that those
and their controllers understand it, and so that Git, which does not set these fields, sees no drift where they see none.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gitops_tui.errors import GitOpsError
from gitops_tui.model.actions import ActionRequest, Asks
from gitops_tui.records import dataclass, field

Live = Mapping[str, Any]
RESTARTED = "kubectl.kubernetes.io/restartedAt"
_FLUX = "toolkit.fluxcd.io"
_RECONCILE = "reconcile.fluxcd.io/requestedAt"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


@dataclass(frozen=True, slots=True)
class Right:
    """What is needed to do it, as SelfSubjectAccessReview asks; kind: ("", "") for the object's own."""

    verb: str
    subresource: str = ""
    kind: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that fits an object. paths: the fields of Git that it goes against."""

    name: str
    letter: str
    title: str
    what: str
    rights: tuple[Right, ...]
    paths: tuple[str, ...] = ()
    refused: str = ""
    asks: Asks = Asks.KEY
    number: int | None = None
    destructive: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patch:
    """A JSON merge patch of the object or a subresource."""

    body: dict[str, Any]
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Create:
    obj: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delete:
    """then: what is made once it is gone."""

    then: dict[str, Any] = field(default_factory=dict)


Write = Patch | Create | Delete
_PATCH, _DELETE = Right("patch"), Right("delete")


def _part(obj: Any, *names: str) -> dict[str, Any]:
    for name in names:
        obj = obj.get(name) if isinstance(obj, Mapping) else None
    return obj if isinstance(obj, dict) else {}


def kind_of(obj: Live) -> tuple[str, str]:
    """(group, kind)."""
    return str(obj.get("apiVersion") or "").rpartition("/")[0], str(obj.get("kind") or "")


def replicas_of(obj: Live) -> int | None:
    """spec.replicas; 1 where a workload of Kubernetes' own does not say."""
    found = _part(obj, "spec").get("replicas")
    if type(found) is int:
        return found
    return 1 if kind_of(obj)[0] in ("apps", "") else None


def offers(obj: Live, *, scalable: bool) -> list[Offer]:
    """What can be done with an object, most wanted first. scalable: its kind has a `scale` subresource."""
    group, kind = kind_of(obj)
    spec = _part(obj, "spec")
    found: list[Offer] = []
    if group == "apps" and kind in _WORKLOADS:
        paused = spec.get("paused") is True
        on_delete = _part(spec, "updateStrategy").get("type") == "OnDelete"
        found.append(
            Offer(
                "restart", "r", "restart", "makes its pods anew, as its strategy says", (_PATCH,),
                (f"spec.template.metadata.annotations.{RESTARTED}",),
                refused="its rollout is paused: resume it first" if paused else "",
                notes=("its strategy is OnDelete: pods are made anew once they are deleted",) if on_delete else (),
            )
        )  # fmt: skip
    if (group, kind) == ("argoproj.io", "Rollout"):
        found += _rollout(obj)
    if scalable and (kind != "ReplicaSet" or not _part(obj, "metadata").get("ownerReferences")):
        number = replicas_of(obj)
        what = f"sets how many replicas there are (now {number if number is not None else 'not known'})"
        found.append(
            Offer(
                "scale", "s", "scale", what, (Right("patch", "scale"),), ("spec.replicas",),
                asks=Asks.NUMBER, number=number,
            )
        )  # fmt: skip
    if (group, kind) == ("apps", "Deployment"):
        found.append(_switch(spec, "paused", "pause-rollout", "resume-rollout", "p", "its rollout"))
    if (group, kind) == ("batch", "CronJob"):
        found.append(
            Offer("run", "n", "run it now", "makes a Job from its template", (Right("create", "", ("batch", "Job")),))
        )
        found.append(_switch(spec, "suspend", "suspend", "resume", "u", "its schedule"))
    if (group, kind) == ("batch", "Job"):
        over = bool(_conditions(obj) & {"Complete", "Failed"})
        found.append(
            Offer(
                "retry", "t", "retry", "is deleted with its pods and made anew", (_DELETE, Right("create")),
                refused="" if over else "it is not over yet", destructive=True,
                notes=("the logs of its pods go with them",),
            )
        )  # fmt: skip
    if group.endswith(_FLUX):
        if kind not in ("Alert", "Provider", "ImagePolicy"):
            off = "it is suspended" if spec.get("suspend") is True else ""
            what = "asks its controller to reconcile it now"
            found.append(
                Offer("reconcile", "f", "reconcile", what, (_PATCH,), (f"metadata.annotations.{_RECONCILE}",), off)
            )
        found.append(_switch(spec, "suspend", "suspend", "resume", "u", "its reconciliation"))
    if (group, kind) == ("", "Pod"):
        found.append(
            Offer("delete", "d", "delete the pod", "is ended; what owns it makes another one", (_DELETE,))
            if _part(obj, "metadata").get("ownerReferences")
            else Offer(
                "delete", "d", "delete the pod", "is ended; nothing owns it, so that none takes its place", (_DELETE,),
                asks=Asks.NAME, destructive=True,
            )
        )  # fmt: skip
    else:
        found.append(
            Offer(
                "delete",
                "d",
                f"delete this {kind}",
                "is taken from the cluster",
                (_DELETE,),
                asks=Asks.NAME,
                destructive=True,
            )
        )
    if _part(obj, "metadata").get("deletionTimestamp"):
        return [_refused(each, "it is being deleted") for each in found]
    return found


def _refused(offer: Offer, why: str) -> Offer:
    from gitops_tui.records import replace

    return replace(offer, refused=why)


def _conditions(obj: Live) -> set[str]:
    listed = _part(obj, "status").get("conditions")
    return {
        str(each.get("type"))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and each.get("status") == "True"
    }


def _switch(spec: Mapping[str, Any], name: str, on: str, off: str, letter: str, what: str) -> Offer:
    """Sets spec.<name>, or takes it back."""
    is_on = spec.get(name) is True
    title = (off if is_on else on).replace("-", " the ")
    word = "goes on with" if is_on else "holds"
    return Offer(off if is_on else on, letter, title, f"{word} {what}", (_PATCH,), (f"spec.{name}",))


def _rollout(obj: Live) -> list[Offer]:
    status = _part(obj, "status")
    waits = bool(status.get("pauseConditions")) or _part(obj, "spec").get("paused") is True
    aborted = status.get("abort") is True
    over = status.get("phase") == "Healthy"
    rights = (Right("patch", "status"),)
    done = "nothing is rolled out" if over else ""
    made = [
        Offer("restart", "r", "restart", "makes its pods anew", (_PATCH,), ("spec.restartAt",)),
        Offer("promote", "o", "promote", "goes on to the next step", (_PATCH, *rights), ("spec.paused",),
              done or ("" if waits else "it is not paused at a step")),
        Offer("promote-full", "O", "promote fully", "leaves out all steps, analyses and pauses", rights, refused=done),
    ]  # fmt: skip
    if aborted:
        made.append(Offer("retry", "t", "retry", "tries the aborted rollout again", rights))
    else:
        made.append(Offer("abort", "b", "abort", "goes back to the stable version", rights, refused=done))
    made.append(_switch(_part(obj, "spec"), "paused", "pause-rollout", "resume-rollout", "p", "its rollout"))
    return made


# --- what is written --------------------------------------------------------------------------------------------------


def stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def writes(obj: Live, request: ActionRequest, now: datetime) -> list[Write]:
    """What an action writes, in order. Raises GitOpsError for a request that makes no sense."""
    group, kind = kind_of(obj)
    name = request.name
    is_rollout = (group, kind) == ("argoproj.io", "Rollout")
    if name == "restart" and is_rollout:
        return [Patch({"spec": {"restartAt": stamp(now)}})]
    if name == "restart":
        return [Patch({"spec": {"template": {"metadata": {"annotations": {RESTARTED: stamp(now)}}}}})]
    if name == "scale":
        if request.replicas is None or not 0 <= request.replicas < 2**31:
            raise GitOpsError("scale takes a number of replicas", hint="for example 3")
        return [Patch({"spec": {"replicas": request.replicas}}, "scale")]
    if name in ("pause-rollout", "resume-rollout"):
        return [Patch({"spec": {"paused": name == "pause-rollout"}})]
    if name in ("suspend", "resume"):
        return [Patch({"spec": {"suspend": name == "suspend"}})]
    if name == "promote":
        made: list[Write] = []
        if _part(obj, "spec").get("paused") is True:
            made.append(Patch({"spec": {"paused": False}}))
        return [*made, Patch({"status": {"pauseConditions": None}}, "status")]
    if name == "promote-full":
        return [Patch({"status": {"promoteFull": True}}, "status")]
    if name == "abort":
        return [Patch({"status": {"abort": True}}, "status")]
    if name == "retry" and is_rollout:
        return [Patch({"status": {"abort": False}}, "status")]
    if name == "retry":
        return [Delete(anew(obj))]
    if name == "run":
        return [Create(job_of(obj))]
    if name == "reconcile":
        return [Patch({"metadata": {"annotations": {_RECONCILE: now.astimezone(UTC).isoformat()}}})]
    if name == "delete":
        return [Delete()]
    raise GitOpsError(f"there is no action {name!r} on a {kind}")


def job_of(cron: Live) -> dict[str, Any]:
    """A Job from a CronJob's template, as `kubectl create job --from` makes it."""
    metadata, template = _part(cron, "metadata"), copy.deepcopy(_part(cron, "spec", "jobTemplate"))
    name = str(metadata.get("name"))
    notes = {**_part(template, "metadata", "annotations"), "cronjob.kubernetes.io/instantiate": "manual"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{name[:49].rstrip('-.')}-manual-{secrets.token_hex(3)}",
            "namespace": metadata.get("namespace"),
            "labels": _part(template, "metadata", "labels"),
            "annotations": notes,
            # As kubectl: the controller, without blockOwnerDeletion.
            "ownerReferences": [
                {
                    "apiVersion": "batch/v1",
                    "kind": "CronJob",
                    "name": name,
                    "uid": metadata.get("uid"),
                    "controller": True,
                }
            ],
        },
        "spec": _part(template, "spec"),
    }


_KEPT = ("name", "namespace", "labels", "annotations", "ownerReferences")
_JOBS_OWN = ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")


def anew(job: Live) -> dict[str, Any]:
    """A Job as it was before the API server and its controller added what is theirs."""
    made = copy.deepcopy({key: value for key, value in job.items() if key != "status"})
    made["metadata"] = {key: value for key, value in made["metadata"].items() if key in _KEPT}
    spec = _part(made, "spec")
    if spec.get("manualSelector") is not True:
        spec.pop("selector", None)
        spec.pop("manualSelector", None)
        labels = _part(spec, "template", "metadata", "labels")
        for name in _JOBS_OWN:
            labels.pop(name, None)
            _part(made, "metadata", "labels").pop(name, None)
    return made
