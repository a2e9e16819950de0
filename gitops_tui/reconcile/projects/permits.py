"""What a project permits: pure. After argo-cd `pkg/apis/application/v1alpha1/app_project_types.go` (IsSourcePermitted,
IsDestinationPermitted, IsGroupKindNamePermitted, IsAppNamespacePermitted)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gitops_tui.git.address import normalised
from gitops_tui.model.globs import glob_match
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.project import KindRule, Project
from gitops_tui.records import dataclass

_MOST_REPETITIONS = 3
_REPETITION = re.compile(r"(?<!\\)[*+?{]")


@dataclass(frozen=True, slots=True)
class Reach:
    """A cluster by all the addresses and names that it goes by: those of the application's destination, of the kubeconfig's
    context, and in-cluster's where it is that."""

    servers: tuple[str, ...]
    names: tuple[str, ...]


def permits_source(project: Project, url: str) -> bool:
    """Whether manifests may come from a repository."""
    url, found = normalised(url), False
    for pattern in project.source_repos:
        denies = pattern.startswith("!")
        hit = glob_match(normalised(pattern.removeprefix("!") if denies else pattern), url, "/")
        if denies and hit:
            return False
        # As in Argo CD, a pattern that denies others permits this one.
        found = found or hit is not denies
    return found


def permits_destination(project: Project, reach: Reach, namespace: str) -> bool:
    """Whether something may go to a namespace of a cluster."""
    found = False
    for place in project.destinations:
        on_name = _fits(place.name, reach.names)
        on_server = _fits(place.server, reach.servers)
        there = _fits(place.namespace, (namespace,))
        if (on_server or on_name) and there:
            found = True
        elif (
            (not on_name and place.name.startswith("!"))
            or (not on_server and place.server.startswith("!") and there)
            or (not there and place.namespace.startswith("!") and on_server)
        ):
            return False
    return found


def _fits(pattern: str, names: Sequence[str]) -> bool:
    """Whether one of the names fits; of a pattern that denies, whether none does."""
    if pattern.startswith("!"):
        return not any(glob_match(pattern[1:], name) for name in names)
    return any(glob_match(pattern, name) for name in names)


def permits_kind(project: Project, key: ResourceKey, *, namespaced: bool) -> str:
    """ "" where an object's kind (and name) may be deployed, else the list that does not let it."""
    if namespaced:
        white = project.namespace_whitelist
        if white is not None and not _listed(white, key):
            return "it is not in namespaceResourceWhitelist"
        return "it is in namespaceResourceBlacklist" if _listed(project.namespace_blacklist, key) else ""
    if not _listed(project.cluster_whitelist, key):
        return "it is not in clusterResourceWhitelist"
    return "it is in clusterResourceBlacklist" if _listed(project.cluster_blacklist, key) else ""


def _listed(rules: Iterable[KindRule], key: ResourceKey) -> bool:
    return any(
        _path_match(rule.kind, key.kind)
        and _path_match(rule.group, key.group)
        and (not rule.name or _path_match(rule.name, key.name))
        for rule in rules
    )


def _path_match(pattern: str, text: str) -> bool:
    # Go's filepath.Match; it knows no braces, and [^a] where gobwas has [!a].
    if not any(sign in pattern for sign in "*?[\\"):
        return pattern == text
    escaped = pattern.replace("{", "\\{").replace("}", "\\}").replace("[^", "[!")
    return glob_match(escaped, text, "/")


def permits_app_namespace(project: Project, namespace: str, home: str) -> bool:
    """Whether an Application of that namespace may name the project. home: Argo CD's own namespace, which always may."""
    if namespace in ("", home):
        return True
    for each in project.source_namespaces:
        if len(each) > 2 and each.startswith("/") and each.endswith("/"):
            if _regex_match(each[1:-1], namespace):
                return True
        elif glob_match(each, namespace):
            return True
    return False


def _regex_match(text: str, name: str) -> bool:
    """A regular expression, where it is one that can't take long: nothing repeated within what is repeated."""
    if len(_REPETITION.findall(text)) > _MOST_REPETITIONS or re.search(r"\)[*+{]|\\[1-9]", text) or len(text) > 200:
        return False
    try:
        return re.search(text, name) is not None
    except re.error:
        return False


def violations(
    project: Project,
    *,
    app_namespace: str,
    home: str,
    sources: Iterable[str],
    reach: Reach,
    namespace: str,
    where: str,
) -> list[str]:
    """What is wrong with an application as a whole, each in a line. where: its destination, as people know it."""
    if project.problem:
        return [f"the project {project.name} ({project.found_in}) can't be read: {project.problem}"]
    found = []
    if not permits_app_namespace(project, app_namespace, home):
        found.append(
            f"the project {project.name} does not permit Applications of the namespace {app_namespace} (sourceNamespaces)"
        )
    found += [
        f"the project {project.name} does not permit the repository {each} (sourceRepos)"
        for each in dict.fromkeys(sources)
        if not permits_source(project, each)
    ]
    if not permits_destination(project, reach, namespace):
        found.append(
            f"the project {project.name} does not permit the destination {where}, namespace {namespace} (destinations)"
        )
    return found


def object_violations(project: Project, objects: Iterable[tuple[ResourceKey, bool]], reach: Reach) -> Iterable[str]:
    """Why objects must not be deployed, each that must not: (key, whether its kind is in namespaces). Each namespace and each kind is
    asked about once."""
    places: dict[str, bool] = {}
    kinds: dict[tuple[str, str, str, bool], str] = {}
    for key, namespaced in objects:
        kind = (key.group, key.kind, "" if namespaced else key.name, namespaced)
        if kind not in kinds:
            kinds[kind] = permits_kind(project, key, namespaced=namespaced)
        if kinds[kind]:
            yield f"the project {project.name} does not permit {key}: {kinds[kind]}"
            continue
        if not namespaced:
            continue
        if key.namespace not in places:
            places[key.namespace] = permits_destination(project, reach, key.namespace)
        if not places[key.namespace]:
            yield (
                f"the project {project.name} does not permit {key}: its namespace {key.namespace} is not in destinations"
            )
