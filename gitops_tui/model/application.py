"""Applications, with the schema of Argo CD's `argoproj.io/v1alpha1` `Application`. Reading them from files is
`gitops_tui.reconcile.applications`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.model.keys import AppKey
from gitops_tui.records import dataclass, field

CHART_PREFIX = "helm+"


@dataclass(frozen=True, slots=True)
class DirectorySource:
    """`spec.source.directory`: include and exclude are glob patterns, "" for none. jsonnet: its block as it stands."""

    recurse: bool = False
    include: str = ""
    exclude: str = ""
    jsonnet: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where manifests come from, and how they are rendered.

    repo_url: as written; show it only through `text.redact`. target_revision: branch, tag, SHA or "HEAD".
    path: the folder inside the repository, "." for its root. kustomize, helm, plugin: the block as it stands in the
    Application ({} where empty, None where absent). chart: a Helm chart's name where the source is a chart repository.
    ref: the name by which other sources refer to this one.
    """

    repo_url: str
    path: str = "."
    target_revision: str = "HEAD"
    directory: DirectorySource | None = None
    kustomize: Mapping[str, Any] | None = None
    helm: Mapping[str, Any] | None = None
    plugin: Mapping[str, Any] | None = None
    chart: str = ""
    ref: str = ""

    @property
    def address(self) -> str:
        """What names the repository that is read: the URL of a Git repository, or a chart's repository with its chart
        ("helm+https://charts.example.com#web"; without a scheme it is a registry, as in Argo CD)."""
        url = self.repo_url.strip()
        if not self.chart and not url.startswith("oci://"):
            return self.repo_url
        base = (url if "://" in url else f"oci://{url}").rstrip("/")
        return f"{CHART_PREFIX}{base}#{self.chart}" + ("#pass" if (self.helm or {}).get("passCredentials") else "")


@dataclass(frozen=True, slots=True)
class Destination:
    """`spec.destination`: name is Argo CD's cluster name and also a kubeconfig context."""

    server: str = ""
    name: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Automated:
    """`spec.syncPolicy.automated`, present and enabled."""

    prune: bool = False
    self_heal: bool = False
    allow_empty: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """`spec.syncPolicy.retry`; times in seconds. limit < 0 means for ever."""

    limit: int = 5
    duration: float = 5.0
    factor: float = 2.0
    max_duration: float = 180.0


@dataclass(frozen=True, slots=True)
class SyncPolicy:
    automated: Automated | None = None
    sync_options: tuple[str, ...] = ()
    retry: Retry = field(default_factory=Retry)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    namespace_annotations: Mapping[str, str] = field(default_factory=dict)

    def option(self, name: str) -> str | None:
        """The value of `Name=value` in syncOptions, the last one where several; None where it is not set."""
        found = None
        for option in self.sync_options:
            key, _, value = option.partition("=")
            if key.strip() == name:
                found = value.strip()
        return found


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """One of `spec.ignoreDifferences`: group, kind, name and namespace are globs ("" for any name or namespace).
    application: a glob for the name of the one application that it speaks of ("" for any), in our own settings only.
    source: where the rule stands, as people are told it."""

    group: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    json_pointers: tuple[str, ...] = ()
    jq_path_expressions: tuple[str, ...] = ()
    managed_fields_managers: tuple[str, ...] = ()
    application: str = ""
    source: str = "ignoreDifferences"


@dataclass(frozen=True, slots=True)
class Application:
    """One deployable unit: where it comes from, where it goes, and how it is synced.

    declared_in: the file that declares it, "" where it was made for a folder. parent: the application whose folder holds
    it, None where it stands for itself. warnings: fields read and not supported yet, each by name, once.
    """

    key: AppKey
    sources: tuple[Source, ...]
    destination: Destination
    project: str = "default"
    sync_policy: SyncPolicy = field(default_factory=SyncPolicy)
    ignore_differences: tuple[IgnoreRule, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    info: tuple[tuple[str, str], ...] = ()
    declared_in: str = ""
    parent: AppKey | None = None
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def source(self) -> Source:
        """The first source; history and rollback follow it."""
        return self.sources[0]
