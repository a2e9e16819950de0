"""An Argo CD `Application` document, read field by field. The field names follow argo-cd `pkg/apis/application/v1alpha1/types.go`;
what is read and not supported yet is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gitops_tui.errors import ApplicationError
from gitops_tui.model.application import (
    Application,
    Automated,
    Destination,
    DirectorySource,
    IgnoreRule,
    Retry,
    Source,
    SyncPolicy,
)
from gitops_tui.model.keys import AppKey
from gitops_tui.model.text import printable
from gitops_tui.sync.annotations import unknown_annotations

IN_CLUSTER_SERVER = "https://kubernetes.default.svc"
_DEFAULT_NAMESPACES = ("", "argocd")
_FINALIZERS = ("resources-finalizer.argocd.argoproj.io",)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_NAME = re.compile(r"^[a-z0-9A-Z]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?\Z")

ResolveCluster = Callable[[Destination], str]


class _Reader:
    """Reads typed fields out of a document, and names what it doesn't know."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.warnings: list[str] = []

    def fail(self, field: str, wanted: str, got: object) -> ApplicationError:
        return ApplicationError(f"{self.where}: {field} must be {wanted}, not {printable(repr(got))[:80]}")

    def mapping(self, data: Mapping[str, Any], field: str, prefix: str = "") -> Mapping[str, Any]:
        value = data.get(field)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.fail(prefix + field, "a mapping", value)
        return value

    def text(self, data: Mapping[str, Any], field: str, prefix: str = "") -> str:
        value = data.get(field)
        if value is None:
            return ""
        if isinstance(value, bool | list | Mapping):
            raise self.fail(prefix + field, "a string", value)
        return str(value)

    def flag(self, data: Mapping[str, Any], field: str, prefix: str = "", default: bool = False) -> bool:
        value = data.get(field)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.fail(prefix + field, "true or false", value)
        return value

    def texts(self, data: Mapping[str, Any], field: str, prefix: str = "") -> tuple[str, ...]:
        value = data.get(field)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail(prefix + field, "a list of strings", value)
        return tuple(value)

    def text_map(self, data: Mapping[str, Any], field: str, prefix: str = "") -> dict[str, str]:
        return {str(key): str(value) for key, value in self.mapping(data, field, prefix).items()}

    def unknown(self, data: Mapping[str, Any], known: Iterable[str], prefix: str) -> None:
        for name in data:
            if name not in known:
                self.warnings.append(f"{prefix}{printable(str(name))} is not supported yet and has no effect")


def parse_application(document: Mapping[str, Any], where: str, resolve_cluster: ResolveCluster) -> Application:
    """One Application from its document; `where` names it in errors. Raises ApplicationError with the field."""
    read = _Reader(where)
    metadata = read.mapping(document, "metadata")
    name = read.text(metadata, "name", "metadata.")
    if not name:
        raise ApplicationError(f"{where}: metadata.name is missing")
    if not _NAME.match(name) or len(name) > 253:
        raise ApplicationError(f"{where}: {printable(name)[:80]!r} is not a valid name for an Application")
    read.where = f"{where}: Application {name}"
    namespace = read.text(metadata, "namespace", "metadata.")
    if namespace in _DEFAULT_NAMESPACES:
        namespace = ""
    spec = read.mapping(document, "spec")
    if not spec:
        raise ApplicationError(f"{read.where}: spec is missing")
    read.unknown(
        spec,
        (
            "source",
            "sources",
            "destination",
            "project",
            "syncPolicy",
            "ignoreDifferences",
            "info",
            "revisionHistoryLimit",
        ),
        "spec.",
    )
    listed = spec.get("sources")
    if listed is not None and (not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed)):
        raise read.fail("spec.sources", "a list of sources", listed)
    if listed:
        sources = tuple(_source(read, each, f"spec.sources[{at}].") for at, each in enumerate(listed))
    else:
        source = read.mapping(spec, "source", "spec.")
        if not source:
            raise ApplicationError(f"{read.where}: spec.source is missing")
        sources = (_source(read, source, "spec.source."),)
    destination = _destination(read, spec)
    try:
        cluster = resolve_cluster(destination)
    except ApplicationError as error:
        raise ApplicationError(f"{read.where}: {error.message}", hint=error.hint) from error
    policy = _sync_policy(read, read.mapping(spec, "syncPolicy", "spec."))
    annotations = read.text_map(metadata, "annotations", "metadata.")
    read.warnings += [
        f"metadata.annotations: {printable(name)} is not known and has no effect"
        for name in unknown_annotations(document)
    ]
    return Application(
        key=AppKey(cluster, namespace, name),
        sources=sources,
        destination=destination,
        project=read.text(spec, "project", "spec.") or "default",
        sync_policy=policy,
        ignore_differences=_ignore_rules(read, spec),
        labels=read.text_map(metadata, "labels", "metadata."),
        annotations=annotations,
        finalizers=read.texts(metadata, "finalizers", "metadata."),
        info=tuple(
            (str(each.get("name", "")), str(each.get("value", "")))
            for each in spec.get("info") or []
            if isinstance(each, Mapping)
        ),
        declared_in=where,
        warnings=tuple(read.warnings),
    )


def _source(read: _Reader, data: Mapping[str, Any], prefix: str) -> Source:
    url = read.text(data, "repoURL", prefix)
    if not url:
        raise ApplicationError(f"{read.where}: {prefix}repoURL is missing")
    read.unknown(
        data,
        ("repoURL", "path", "targetRevision", "directory", "kustomize", "helm", "plugin", "chart", "ref", "name"),
        prefix,
    )
    directory = None
    if data.get("directory") is not None:
        block = read.mapping(data, "directory", prefix)
        read.unknown(block, ("recurse", "include", "exclude", "jsonnet"), f"{prefix}directory.")
        directory = DirectorySource(
            recurse=read.flag(block, "recurse", f"{prefix}directory."),
            include=read.text(block, "include", f"{prefix}directory."),
            exclude=read.text(block, "exclude", f"{prefix}directory."),
            jsonnet=read.mapping(block, "jsonnet", f"{prefix}directory.") or None,
        )
    blocks = {
        name: (read.mapping(data, name, prefix) if data.get(name) is not None else None)
        for name in ("kustomize", "helm", "plugin")
    }
    return Source(
        repo_url=url,
        path=read.text(data, "path", prefix) or ("." if not data.get("ref") else ""),
        target_revision=read.text(data, "targetRevision", prefix) or "HEAD",
        directory=directory,
        kustomize=blocks["kustomize"],
        helm=blocks["helm"],
        plugin=blocks["plugin"],
        chart=read.text(data, "chart", prefix),
        ref=read.text(data, "ref", prefix),
    )


def _destination(read: _Reader, spec: Mapping[str, Any]) -> Destination:
    block = read.mapping(spec, "destination", "spec.")
    destination = Destination(
        server=read.text(block, "server", "spec.destination."),
        name=read.text(block, "name", "spec.destination."),
        namespace=read.text(block, "namespace", "spec.destination."),
    )
    if destination.server and destination.name:
        raise ApplicationError(
            f"{read.where}: spec.destination has both a server and a name", hint="give one of the two"
        )
    return destination


def _sync_policy(read: _Reader, block: Mapping[str, Any]) -> SyncPolicy:
    read.unknown(block, ("automated", "syncOptions", "retry", "managedNamespaceMetadata"), "spec.syncPolicy.")
    automated = None
    if block.get("automated") is not None:
        prefix = "spec.syncPolicy.automated."
        data = read.mapping(block, "automated", "spec.syncPolicy.")
        read.unknown(data, ("prune", "selfHeal", "allowEmpty", "enabled"), prefix)
        if read.flag(data, "enabled", prefix, default=True):
            automated = Automated(
                prune=read.flag(data, "prune", prefix),
                self_heal=read.flag(data, "selfHeal", prefix),
                allow_empty=read.flag(data, "allowEmpty", prefix),
            )
    retry = Retry()
    if block.get("retry") is not None:
        prefix = "spec.syncPolicy.retry."
        data = read.mapping(block, "retry", "spec.syncPolicy.")
        read.unknown(data, ("limit", "backoff"), prefix)
        backoff = read.mapping(data, "backoff", prefix)
        retry = Retry(
            limit=_integer(read, data, "limit", prefix, retry.limit),
            duration=_duration(read, backoff, "duration", f"{prefix}backoff.", retry.duration),
            factor=float(_integer(read, backoff, "factor", f"{prefix}backoff.", int(retry.factor))),
            max_duration=_duration(read, backoff, "maxDuration", f"{prefix}backoff.", retry.max_duration),
        )
    metadata = read.mapping(block, "managedNamespaceMetadata", "spec.syncPolicy.")
    return SyncPolicy(
        automated=automated,
        sync_options=read.texts(block, "syncOptions", "spec.syncPolicy."),
        retry=retry,
        namespace_labels=read.text_map(metadata, "labels"),
        namespace_annotations=read.text_map(metadata, "annotations"),
    )


def _integer(read: _Reader, data: Mapping[str, Any], field: str, prefix: str, default: int) -> int:
    value = data.get(field)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise read.fail(prefix + field, "a whole number", value)
    return value


def _duration(read: _Reader, data: Mapping[str, Any], field: str, prefix: str, default: float) -> float:
    value = data.get(field)
    if value is None:
        return default
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    seconds = parse_duration(str(value))
    if seconds is None:
        raise read.fail(prefix + field, 'a duration such as "5s" or "3m"', value)
    return seconds


def parse_duration(text: str) -> float | None:
    """Seconds from Go's notation ("1h30m", "5s", "2.5m", also a bare number and "1d"), None where it is not one."""
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if re.fullmatch(r"\d+d", text):
        return float(text[:-1]) * 86400
    if not text or _DURATION.sub("", text):
        return None
    scale = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(number) * scale[unit] for number, unit in _DURATION.findall(text))


def _ignore_rules(read: _Reader, spec: Mapping[str, Any]) -> tuple[IgnoreRule, ...]:
    rules = spec.get("ignoreDifferences")
    if rules is None:
        return ()
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
        raise read.fail("spec.ignoreDifferences", "a list of rules", rules)
    found = []
    for at, rule in enumerate(rules):
        prefix = f"spec.ignoreDifferences[{at}]."
        read.unknown(
            rule,
            ("group", "kind", "name", "namespace", "jsonPointers", "jqPathExpressions", "managedFieldsManagers"),
            prefix,
        )
        found.append(
            IgnoreRule(
                group=read.text(rule, "group", prefix),
                kind=read.text(rule, "kind", prefix),
                name=read.text(rule, "name", prefix),
                namespace=read.text(rule, "namespace", prefix),
                json_pointers=read.texts(rule, "jsonPointers", prefix),
                jq_path_expressions=read.texts(rule, "jqPathExpressions", prefix),
                managed_fields_managers=read.texts(rule, "managedFieldsManagers", prefix),
            )
        )
    return tuple(found)
