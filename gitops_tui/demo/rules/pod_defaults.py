"""What the API server fills in for pods and pod templates (pkg/apis/core/v1/defaults.go)."""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]


def fill(obj: Obj, **values: Any) -> None:
    for name, value in values.items():
        if obj.get(name) in (None, "", 0) and obj.get(name) is not False:
            obj[name] = value


def fill_absent(obj: Obj, **values: Any) -> None:
    """Defaults of pointers: zero stays."""
    for name, value in values.items():
        if obj.get(name) is None:
            obj[name] = value


# --- pods -------------------------------------------------------------------------------------------------------------


def _probe(probe: Obj) -> None:
    fill(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    if isinstance(get := probe.get("httpGet"), dict):
        fill(get, path="/", scheme="HTTP")
    if isinstance(grpc := probe.get("grpc"), dict):
        fill_absent(grpc, service="")


def _lifecycle(lifecycle: Obj) -> None:
    for name in ("postStart", "preStop"):
        if isinstance(get := (lifecycle.get(name) or {}).get("httpGet"), dict):
            fill(get, path="/", scheme="HTTP")


def latest(image: str) -> bool:
    """Whether an image's tag is `latest`, said or left out."""
    name = image.partition("@")[0]
    if "@" in image:
        return False
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag in ("", "latest")


def _container(container: Obj) -> None:
    if not container.get("imagePullPolicy"):
        container["imagePullPolicy"] = "Always" if latest(str(container.get("image") or "")) else "IfNotPresent"
    fill(container, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    for port in container.get("ports") or ():
        fill(port, protocol="TCP")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if isinstance(probe := container.get(name), dict):
            _probe(probe)
    if isinstance(lifecycle := container.get("lifecycle"), dict):
        _lifecycle(lifecycle)
    for each in container.get("env") or ():
        if isinstance(ref := (each.get("valueFrom") or {}).get("fieldRef"), dict):
            fill(ref, apiVersion="v1")
    if isinstance(context := container.get("securityContext"), dict) and context.get("procMount") == "":
        del context["procMount"]


def _volume(volume: Obj) -> None:
    if not any(name != "name" for name in volume):
        volume["emptyDir"] = {}
    for name in ("secret", "configMap", "downwardAPI", "projected"):
        if isinstance(source := volume.get(name), dict):
            fill_absent(source, defaultMode=420)
            if name == "projected" and not source.get("sources"):
                source["sources"] = None
    down = volume.get("downwardAPI") or {}
    for source in [down, *((volume.get("projected") or {}).get("sources") or ())]:
        listed = source.get("items") if source is down else (source.get("downwardAPI") or {}).get("items")
        for item in listed or ():
            if isinstance(ref := item.get("fieldRef"), dict):
                fill(ref, apiVersion="v1")
        if isinstance(token := source.get("serviceAccountToken"), dict):
            fill_absent(token, expirationSeconds=3600)
    if isinstance(path := volume.get("hostPath"), dict):
        fill_absent(path, type="")
    if isinstance(iscsi := volume.get("iscsi"), dict):
        fill(iscsi, iscsiInterface="default")
    if isinstance(rbd := volume.get("rbd"), dict):
        fill(rbd, pool="rbd", user="admin", keyring="/etc/ceph/keyring")
    if isinstance(disk := volume.get("azureDisk"), dict):
        fill_absent(disk, cachingMode="ReadWrite", kind="Shared", fsType="ext4", readOnly=False)
    if isinstance(scale := volume.get("scaleIO"), dict):
        fill(scale, storageMode="ThinProvisioned", fsType="xfs")
    template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if isinstance(template, dict) and isinstance(template.get("spec"), dict):
        fill_absent(template["spec"], volumeMode="Filesystem")
    if isinstance(image := volume.get("image"), dict) and not image.get("pullPolicy"):
        image["pullPolicy"] = "Always" if latest(str(image.get("reference") or "")) else "IfNotPresent"


def pod_spec(spec: Obj) -> None:
    fill(spec, restartPolicy="Always", dnsPolicy="ClusterFirst", schedulerName="default-scheduler")
    fill_absent(spec, terminationGracePeriodSeconds=30, securityContext={})
    kinds = ("initContainers", "containers", "ephemeralContainers")
    containers = [each for kind in kinds for each in spec.get(kind) or ()]
    for container in containers:
        _container(container)
        if spec.get("hostNetwork"):
            for port in container.get("ports") or ():
                fill(port, hostPort=port.get("containerPort", 0))
    for volume in spec.get("volumes") or ():
        _volume(volume)
    for each in spec.get("topologySpreadConstraints") or ():
        fill_absent(each, nodeAffinityPolicy=None, nodeTaintsPolicy=None)
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if each.get(name) is None:
                del each[name]
    if (account := spec.get("serviceAccountName")) and not spec.get("serviceAccount"):
        spec["serviceAccount"] = account
    elif (account := spec.get("serviceAccount")) and not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = account
