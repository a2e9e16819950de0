"""Scheduler and kubelet in one: pods get a node, come up after a moment, and run, end or fail as their annotation asks.

`gitops-tui.io/demo-fails` on a pod: `image` (its image can't be pulled), `crash` (it ends with 137 again and again),
`unready` (it runs and never is ready), `exit` (it ends with 1 once, as a job's pod fails), `slow` or `slow:SECONDS`
(ready only after that long, 30 without a number). Anything else, or none: it comes up after the cluster's delay.
"""

from __future__ import annotations

import hashlib

from gitops_tui.demo.controllers.base import NODE, POD, Context, Obj, seconds_of

FAILS = "gitops-tui.io/demo-fails"
_SCHEDULER = "default-scheduler"
_CRASH_DELAYS = (10, 20, 40, 80, 160, 300)
_ADDRESSES = 62_500


def reconcile(context: Context, namespace: str, name: str) -> None:
    """The next step in a pod's life."""
    pod = context.registry.get(POD, namespace, name)
    if pod is None:
        context.pods_due.pop((namespace, name), None)
        return
    if pod["metadata"].get("deletionTimestamp"):
        if not pod["metadata"].get("finalizers"):
            context.registry.delete(POD, namespace, name, {"gracePeriodSeconds": 0})
        elif (pod.get("status") or {}).get("phase") in ("Pending", "Running"):
            _write(context, pod, _ended(context, pod, "Succeeded" if _runs_once(pod) else "Failed", 0))
        return
    if not pod["spec"].get("nodeName") and pod["spec"].get("schedulerName", _SCHEDULER) != _SCHEDULER:
        return
    if not pod["spec"].get("nodeName"):
        pod = _schedule(context, pod)
        if pod is None:
            return
    _live(context, pod)


def _schedule(context: Context, pod: Obj) -> Obj | None:
    """The pod on a node, None where none fits. A binding leaves no trace in managedFields."""
    nodes = context.registry.list(NODE)
    fitting = [each for each in nodes if _fits(pod, each) and not each.get("spec", {}).get("unschedulable")]
    now = context.clock.now()
    conditions = [c for c in (pod.get("status") or {}).get("conditions") or () if c["type"] != "PodScheduled"]
    if not fitting:
        said = f"0/{len(nodes)} nodes are available: {len(nodes)} node(s) didn't match Pod's node affinity/selector."
        if any(c.get("message") == said for c in (pod.get("status") or {}).get("conditions") or ()):
            return None
        found = {
            "type": "PodScheduled",
            "status": "False",
            "lastProbeTime": None,
            "lastTransitionTime": now,
            "reason": "Unschedulable",
            "message": said,
        }
        status = {**(pod.get("status") or {}), "conditions": [*conditions, found]}
        context.registry.update({**pod, "status": status}, manager="kube-scheduler", subresource="status")
        context.events.record(pod, "Warning", "FailedScheduling", said, "default-scheduler")
        return None
    number = int(hashlib.sha256(pod["metadata"]["uid"].encode()).hexdigest(), 16)
    node = fitting[number % len(fitting)]["metadata"]["name"]
    found = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    status = {**(pod.get("status") or {}), "conditions": [*conditions, found]}
    bound: Obj = context.registry.objects.put(POD, {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": status})
    metadata = pod["metadata"]
    said = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {node}"
    context.events.record(pod, "Normal", "Scheduled", said, "default-scheduler")
    return bound


def _fits(pod: Obj, node: Obj) -> bool:
    labels: dict[str, str] = node["metadata"].get("labels") or {}
    wanted: dict[str, str] = pod["spec"].get("nodeSelector") or {}
    return all(labels.get(key) == value for key, value in wanted.items())


def _runs_once(pod: Obj) -> bool:
    return bool(pod["spec"].get("restartPolicy", "Always") != "Always")


def _live(context: Context, pod: Obj) -> None:
    if context.registry.get(NODE, "", pod["spec"]["nodeName"]) is None:
        return  # nobody runs what is meant for a node that is not there
    place = (pod["metadata"]["namespace"], pod["metadata"]["name"])
    uid, due = context.pods_due.get(place, ("", 0.0))
    if uid == pod["metadata"]["uid"] and context.clock.time() < due:
        context.enqueue("pod", *place, due - context.clock.time())
        return
    context.pods_due.pop(place, None)
    metadata, status = pod["metadata"], pod.get("status") or {}
    asked = str((metadata.get("annotations") or {}).get(FAILS, ""))
    phase = status.get("phase", "Pending")
    if phase in ("Succeeded", "Failed"):
        return
    if status.get("startTime") is None:
        _write(context, pod, _waiting(context, pod, "ContainerCreating", ""))
        _again(context, pod, 0 if asked == "image" else context.delay)
        return
    if asked == "image":
        _no_image(context, pod)
    elif asked == "crash":
        _crash(context, pod)
    elif phase == "Pending":
        slow = asked.startswith("slow")
        _write(context, pod, _running(context, pod, ready=not slow and asked != "unready"))
        _events_of_start(context, pod)
        if slow:
            _again(context, pod, _slowness(asked))
        elif _runs_once(pod):
            _again(context, pod, context.delay)
    elif asked.startswith("slow"):
        _write(context, pod, _running(context, pod, ready=True))
    elif _runs_once(pod) and asked != "unready":
        failed = asked == "exit"
        _write(context, pod, _ended(context, pod, "Failed" if failed else "Succeeded", 1 if failed else 0))


def _slowness(asked: str) -> float:
    _, _, seconds = asked.partition(":")
    return float(seconds) if seconds.replace(".", "", 1).isdigit() else 30.0


def _again(context: Context, pod: Obj, seconds: float) -> None:
    """Asks for the pod's next step in so many seconds, and for none before."""
    metadata = pod["metadata"]
    place = (metadata["namespace"], metadata["name"])
    context.pods_due[place] = (metadata["uid"], context.clock.time() + max(seconds, 0.0))
    context.enqueue("pod", *place, max(seconds, 0.0))


def _write(context: Context, pod: Obj, status: Obj) -> None:
    fresh = context.registry.get(POD, pod["metadata"]["namespace"], pod["metadata"]["name"])
    if fresh is not None and fresh.get("status") != status:
        context.registry.update({**fresh, "status": status}, manager="kubelet", subresource="status")


def _events_of_start(context: Context, pod: Obj) -> None:
    for each in pod["spec"]["containers"]:
        path = f"spec.containers{{{each['name']}}}"
        image = each.get("image", "")
        said = f'Container image "{image}" already present on machine'
        context.events.record(pod, "Normal", "Pulled", said, "kubelet", path=path)
        context.events.record(pod, "Normal", "Created", f"Created container: {each['name']}", "kubelet", path=path)
        context.events.record(pod, "Normal", "Started", f"Started container {each['name']}", "kubelet", path=path)


def _conditions(context: Context, pod: Obj, *, ready: bool, initialized: bool = True, reason: str = "") -> list[Obj]:
    now = context.clock.now()
    old = {each["type"]: each for each in (pod.get("status") or {}).get("conditions") or ()}
    wanted = [
        ("PodReadyToStartContainers", True),
        ("Initialized", initialized),
        ("Ready", ready),
        ("ContainersReady", ready),
        ("PodScheduled", True),
    ]
    names = [each["name"] for each in pod["spec"]["containers"]]
    made = []
    for kind, holds in wanted:
        word = "True" if holds else "False"
        was = old.get(kind)
        since = was["lastTransitionTime"] if was and was["status"] == word else now
        each: Obj = {"type": kind, "status": word, "lastProbeTime": None, "lastTransitionTime": since}
        if not holds and kind in ("Ready", "ContainersReady"):
            each["reason"] = reason or "ContainersNotReady"
            each["message"] = f"containers with unready status: [{' '.join(names)}]"
            if reason == "PodCompleted":
                del each["message"]
        made.append(each)
    known = {kind for kind, _ in wanted}
    return [*(each for each in old.values() if each["type"] not in known), *made]


def _base(context: Context, pod: Obj, phase: str, conditions: list[Obj]) -> Obj:
    status = dict(pod.get("status") or {})
    number = int(hashlib.sha256(pod["metadata"]["uid"].encode()).hexdigest(), 16) % _ADDRESSES
    address = f"10.244.{number // 250}.{number % 250 + 2}"
    status |= {"phase": phase, "conditions": conditions, "hostIP": "192.0.2.10", "hostIPs": [{"ip": "192.0.2.10"}]}
    status.setdefault("startTime", context.clock.now())
    if phase != "Pending":
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    if "observedGeneration" not in status and "generation" in pod["metadata"]:
        status["observedGeneration"] = pod["metadata"]["generation"]
    return status


def _containers(pod: Obj, state: Obj, *, ready: bool, last: Obj | None = None, restarts: int = 0) -> list[Obj]:
    made = []
    for each in pod["spec"]["containers"]:
        one: Obj = {
            "name": each["name"],
            "state": state,
            "lastState": last or {},
            "ready": ready,
            "restartCount": restarts,
            "image": each.get("image", ""),
            "imageID": "",
            "started": "running" in state,
        }
        if "waiting" not in state or last:
            mark = hashlib.sha256(each.get("image", "").encode()).hexdigest()
            own = f"{pod['metadata']['uid']}{each['name']}{restarts}"
            one["imageID"] = f"{each.get('image', '').split(':')[0]}@sha256:{mark}"
            one["containerID"] = f"containerd://{hashlib.sha256(own.encode()).hexdigest()}"
        made.append(one)
    return made


def _initials(context: Context, pod: Obj) -> list[Obj]:
    now = context.clock.now()
    state = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}}
    had = {each["name"]: each for each in (pod.get("status") or {}).get("initContainerStatuses") or ()}
    made = []
    for each in pod["spec"].get("initContainers") or ():
        fresh = {
            "name": each["name"],
            "state": state,
            "lastState": {},
            "ready": True,
            "restartCount": 0,
            "image": each.get("image", ""),
            "imageID": "",
            "started": False,
        }
        made.append(had.get(each["name"], fresh))
    return made


def _with_containers(context: Context, pod: Obj, status: Obj, containers: list[Obj]) -> Obj:
    made = {**status, "containerStatuses": containers}
    if initials := _initials(context, pod):
        made["initContainerStatuses"] = initials
    return made


def _waiting(context: Context, pod: Obj, reason: str, message: str) -> Obj:
    state: Obj = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    status = _base(context, pod, "Pending", _conditions(context, pod, ready=False))
    return _with_containers(context, pod, status, _containers(pod, state, ready=False))


def _running(context: Context, pod: Obj, *, ready: bool) -> Obj:
    had = ((pod.get("status") or {}).get("containerStatuses") or [{}])[0]
    state = (
        had.get("state") if "running" in (had.get("state") or {}) else {"running": {"startedAt": context.clock.now()}}
    )
    status = _base(context, pod, "Running", _conditions(context, pod, ready=ready))
    restarts, last = int(had.get("restartCount") or 0), had.get("lastState") or None
    return _with_containers(
        context, pod, status, _containers(pod, state or {}, ready=ready, restarts=restarts, last=last)
    )


def _ended(context: Context, pod: Obj, phase: str, code: int) -> Obj:
    now = context.clock.now()
    reason = "Completed" if code == 0 else "Error"
    state = {"terminated": {"exitCode": code, "reason": reason, "startedAt": now, "finishedAt": now}}
    gone = "PodCompleted" if phase == "Succeeded" else "PodFailed"
    status = _base(context, pod, phase, _conditions(context, pod, ready=False, reason=gone))
    return _with_containers(context, pod, status, _containers(pod, state, ready=False))


def _no_image(context: Context, pod: Obj) -> None:
    """ErrImagePull first, ImagePullBackOff after a while."""
    had = ((pod.get("status") or {}).get("containerStatuses") or [{}])[0]
    reason = ((had.get("state") or {}).get("waiting") or {}).get("reason")
    first = pod["spec"]["containers"][0]
    image, path = first.get("image", ""), f"spec.containers{{{first['name']}}}"
    if reason in (None, "ContainerCreating"):
        said = f'failed to pull and unpack image "{image}": not found'
        _write(context, pod, _waiting(context, pod, "ErrImagePull", said))
        context.events.record(pod, "Normal", "Pulling", f'Pulling image "{image}"', "kubelet", path=path)
        context.events.record(pod, "Warning", "Failed", f'Failed to pull image "{image}": {said}', "kubelet", path=path)
        context.events.record(pod, "Warning", "Failed", "Error: ErrImagePull", "kubelet", path=path)
        _again(context, pod, 10 if context.delay else 0)
    elif reason == "ErrImagePull":
        said = f'Back-off pulling image "{image}"'
        _write(context, pod, _waiting(context, pod, "ImagePullBackOff", said))
        context.events.record(pod, "Normal", "BackOff", said, "kubelet", path=path)


def _crash(context: Context, pod: Obj) -> None:
    """It runs for a moment, ends, and waits longer each time before it is started again."""
    had = ((pod.get("status") or {}).get("containerStatuses") or [{}])[0]
    restarts, state = int(had.get("restartCount") or 0), had.get("state") or {}
    first = pod["spec"]["containers"][0]
    path = f"spec.containers{{{first['name']}}}"
    now = context.clock.now()
    ended = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": now, "finishedAt": now}}
    if "waiting" in state and state["waiting"].get("reason") == "CrashLoopBackOff":
        wait = _CRASH_DELAYS[min(max(restarts - 1, 0), len(_CRASH_DELAYS) - 1)]
        finished = ((had.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or now
        left = seconds_of(finished) + wait - context.clock.time()
        if left > 0:
            _again(context, pod, left)
            return
    if _runs_once(pod) and pod["spec"].get("restartPolicy") == "Never":
        _write(context, pod, _ended(context, pod, "Failed", 137))
        return
    restarts += 1
    _events_of_start(context, pod)
    wait = _CRASH_DELAYS[min(restarts - 1, len(_CRASH_DELAYS) - 1)]
    metadata = pod["metadata"]
    said = (
        f"back-off {wait}s restarting failed container={first['name']} "
        f"pod={metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    )
    status = _base(context, pod, "Running", _conditions(context, pod, ready=False))
    waiting: Obj = {"waiting": {"reason": "CrashLoopBackOff", "message": said}}
    _write(
        context,
        pod,
        _with_containers(context, pod, status, _containers(pod, waiting, ready=False, last=ended, restarts=restarts)),
    )
    short = f"Back-off restarting failed container {first['name']} in pod {metadata['name']}_{metadata['namespace']}"
    context.events.record(pod, "Warning", "BackOff", f"{short}({metadata['uid']})", "kubelet", path=path)
    _again(context, pod, wait)
