"""Job: pods that run to their end. CronJob: Jobs from a template; here a person triggers them, no clock does."""

from __future__ import annotations

from gitops_tui.demo.controllers.base import (
    CRON_JOB,
    JOB,
    POD,
    Context,
    Obj,
    is_ready,
    make_pod,
    seconds_of,
    without_zeros,
)

_COMPONENT = "job-controller"
_TRACKING = "batch.kubernetes.io/job-tracking"
_INDEX = "batch.kubernetes.io/job-completion-index"


def reconcile(context: Context, namespace: str, name: str) -> None:
    """Makes the pods that lack, counts those that ended, and says when it is over."""
    obj = context.registry.get(JOB, namespace, name)
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        _let_go(context, obj)
        return
    spec, status = obj["spec"], dict(obj.get("status") or {})
    if _over(status):
        _expire(context, obj)
        return
    pods = context.pods_of(obj, None)
    for pod in pods:
        phase = (pod.get("status") or {}).get("phase")
        if phase in ("Succeeded", "Failed") and _TRACKING in (pod["metadata"].get("finalizers") or ()):
            status["succeeded" if phase == "Succeeded" else "failed"] = (
                int(status.get("succeeded" if phase == "Succeeded" else "failed") or 0) + 1
            )
            index = (pod["metadata"].get("annotations") or {}).get(_INDEX)
            if index is not None and phase == "Succeeded":
                status["completedIndexes"] = _with_index(status.get("completedIndexes", ""), int(index))
            context.registry.remove_finalizer(POD, namespace, pod["metadata"]["name"], _TRACKING)
        elif pod["metadata"].get("deletionTimestamp") and _TRACKING in (pod["metadata"].get("finalizers") or ()):
            context.registry.remove_finalizer(POD, namespace, pod["metadata"]["name"], _TRACKING)
    active = [
        each
        for each in pods
        if (each.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
        and not each["metadata"].get("deletionTimestamp")
    ]
    if spec.get("suspend"):
        for pod in active:
            context.registry.delete(POD, namespace, pod["metadata"]["name"])
        _suspended(context, obj, status)
        return
    if status.get("startTime") is None:
        status["startTime"] = context.clock.now()
        _resumed(context, obj, status)
    done, failed = int(status.get("succeeded") or 0), int(status.get("failed") or 0)
    wanted = spec.get("completions")
    limit = spec.get("activeDeadlineSeconds")
    left = seconds_of(status["startTime"]) + int(limit) - context.clock.time() if limit else None
    if left is not None and left <= 0:
        _end(context, obj, status, active, "DeadlineExceeded", "Job was active longer than specified deadline")
        return
    if failed > int(spec.get("backoffLimit", 6)):
        _end(context, obj, status, active, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
        return
    if (wanted is not None and done >= int(wanted)) or (wanted is None and done and not active):
        _end(context, obj, status, active, "", "Reached expected number of succeeded pods")
        return
    most = int(spec.get("parallelism", 1))
    lacking = most if wanted is None else min(most, int(wanted) - done)
    if wanted is None and done:
        lacking = 0
    for number in range(max(0, lacking - len(active))):
        made = _make(context, obj, pods, done, number)
        if made is None:
            break
        active.append(made)
    for extra in active[max(lacking, 0) :]:
        context.registry.delete(POD, namespace, extra["metadata"]["name"])
    if left is not None:
        context.enqueue("job", namespace, name, left)
    _write(context, obj, status, active[: max(lacking, 0)])


def _with_index(told: str, index: int) -> str:
    """Indexes as a status tells them (`0,2-4`), with one more."""
    found = {index}
    for part in filter(None, told.split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    made: list[list[int]] = []
    for each in sorted(found):
        if made and made[-1][1] == each - 1:
            made[-1][1] = each
        else:
            made.append([each, each])
    # Two in a row are told apart, more as a range.
    return ",".join(str(a) if a == b else f"{a},{b}" if b == a + 1 else f"{a}-{b}" for a, b in made)


def _over(status: Obj) -> bool:
    return any(
        each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in status.get("conditions") or ()
    )


def _make(context: Context, obj: Obj, pods: list[Obj], done: int, number: int) -> Obj | None:
    metadata = obj["metadata"]
    pod = make_pod(obj, obj["spec"]["template"], f"{metadata['name']}-")
    if obj["spec"].get("completionMode") == "Indexed":
        taken = {(each["metadata"].get("annotations") or {}).get(_INDEX) for each in pods if _phase(each) != "Failed"}
        free = (str(n) for n in range(len(pods) + done + number + 1) if str(n) not in taken)
        index = next(free)
        pod["metadata"].setdefault("annotations", {})[_INDEX] = index
        pod["metadata"]["labels"][_INDEX] = index
        pod["metadata"]["generateName"] = f"{metadata['name']}-{index}-"
        pods.append(pod)
    pod["metadata"]["finalizers"] = [*pod["metadata"].get("finalizers", ()), _TRACKING]
    made = context.create(obj, pod, "job", _COMPONENT)
    if made is None:
        return None
    context.events.record(obj, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", _COMPONENT)
    return made


def _phase(pod: Obj) -> str:
    return str((pod.get("status") or {}).get("phase", ""))


def _condition(context: Context, kind: str, reason: str, message: str, status: str = "True") -> Obj:
    now = context.clock.now()
    return {
        "type": kind,
        "status": status,
        "lastProbeTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def _end(context: Context, obj: Obj, status: Obj, active: list[Obj], reason: str, message: str) -> None:
    """It is over: complete where there is no reason, failed otherwise."""
    namespace = obj["metadata"]["namespace"]
    for pod in active:
        context.registry.delete(POD, namespace, pod["metadata"]["name"])
    first, last = ("FailureTarget", "Failed") if reason else ("SuccessCriteriaMet", "Complete")
    why = reason or "CompletionsReached"
    kept = [each for each in status.get("conditions") or () if each["type"] not in (first, last)]
    status["conditions"] = [*kept, _condition(context, first, why, message), _condition(context, last, why, message)]
    if not reason:
        status["completionTime"] = context.clock.now()
    _write(context, obj, status, [])
    if reason:
        context.events.record(obj, "Warning", reason, message, _COMPONENT)
    else:
        context.events.record(obj, "Normal", "Completed", "Job completed", _COMPONENT)
    fresh = context.registry.get(JOB, namespace, obj["metadata"]["name"])
    if fresh is not None:
        _expire(context, fresh)


def _suspended(context: Context, obj: Obj, status: Obj) -> None:
    kept = [each for each in status.get("conditions") or () if each["type"] != "Suspended"]
    had = next((each for each in status.get("conditions") or () if each["type"] == "Suspended"), None)
    if had is None or had["status"] != "True":
        had = _condition(context, "Suspended", "JobSuspended", "Job suspended")
        context.events.record(obj, "Normal", "Suspended", "Job suspended", _COMPONENT)
    status["conditions"] = [*kept, had]
    status.pop("startTime", None)
    _write(context, obj, status, [])


def _resumed(context: Context, obj: Obj, status: Obj) -> None:
    kept = [each for each in status.get("conditions") or () if each["type"] != "Suspended"]
    if len(kept) != len(status.get("conditions") or ()):
        status["conditions"] = [*kept, _condition(context, "Suspended", "JobResumed", "Job resumed", "False")]
        context.events.record(obj, "Normal", "Resumed", "Job resumed", _COMPONENT)


def _write(context: Context, obj: Obj, status: Obj, active: list[Obj]) -> None:
    made = without_zeros({**status, "active": len(active)})
    made |= {"ready": sum(is_ready(each) for each in active), "terminating": 0, "uncountedTerminatedPods": {}}
    fresh = context.registry.get(JOB, obj["metadata"]["namespace"], obj["metadata"]["name"])
    if fresh is not None:
        context.write_status(fresh, made)


def _expire(context: Context, obj: Obj) -> None:
    """Deletes a job that is over, once its time to live is, and lets its pods go."""
    status, metadata = obj.get("status") or {}, obj["metadata"]
    for pod in context.pods_of(obj, None):
        if _TRACKING in (pod["metadata"].get("finalizers") or ()):
            context.registry.remove_finalizer(POD, metadata["namespace"], pod["metadata"]["name"], _TRACKING)
    ttl = obj["spec"].get("ttlSecondsAfterFinished")
    if ttl is None:
        return
    ended = status.get("completionTime") or status["conditions"][-1]["lastTransitionTime"]
    left = seconds_of(ended) + int(ttl) - context.clock.time()
    if left > 0:
        context.enqueue("job", metadata["namespace"], metadata["name"], left)
    else:
        context.registry.delete(JOB, metadata["namespace"], metadata["name"], {"propagationPolicy": "Foreground"})


def _let_go(context: Context, obj: Obj | None) -> None:
    if obj is None:
        return
    for pod in context.pods_of(obj, None):
        if _TRACKING in (pod["metadata"].get("finalizers") or ()):
            context.registry.remove_finalizer(POD, obj["metadata"]["namespace"], pod["metadata"]["name"], _TRACKING)


def reconcile_cron(context: Context, namespace: str, name: str) -> None:
    """Notes which of its jobs run and when one last succeeded, and forgets old ones."""
    obj = context.registry.get(CRON_JOB, namespace, name)
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return
    status = {key: value for key, value in (obj.get("status") or {}).items() if key != "active"}
    done: list[Obj] = []
    failed: list[Obj] = []
    active = []
    for job in context.claimed(obj, JOB, None):
        ended = job.get("status") or {}
        if not _over(ended):
            metadata = job["metadata"]
            active.append(
                {
                    "kind": "Job",
                    "namespace": namespace,
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "apiVersion": "batch/v1",
                    "resourceVersion": metadata["resourceVersion"],
                }
            )
        elif ended.get("completionTime"):
            done.append(job)
            status["lastSuccessfulTime"] = max(status.get("lastSuccessfulTime", ""), ended["completionTime"])
        else:
            failed.append(job)
    known = {each["uid"]: each for each in (obj.get("status") or {}).get("active") or ()}
    if active:
        status["active"] = [known.get(each["uid"], each) for each in active]
    for jobs, kept in ((done, "successfulJobsHistoryLimit"), (failed, "failedJobsHistoryLimit")):
        limit = int(obj["spec"].get(kept, 3 if jobs is done else 1))
        for job in jobs[: max(0, len(jobs) - limit)]:
            context.registry.delete(JOB, namespace, job["metadata"]["name"], {"propagationPolicy": "Background"})
    context.write_status(obj, status)
