"""Renders one source at one commit.

Which renderer: a plugin of the user's settings where the Application names one or one finds the folder; the one whose block the source has; else `Chart.yaml` is Helm, a kustomization file is Kustomize, else a directory, as Argo CD detects it
(reposerver/repository/repository.go, util/app/discovery). The result is a function of the trees read, the source's
parameters and the tool's version; `cache.py` keeps results by just that key.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import orjson

from gitops_tui.errors import Problem, RenderError
from gitops_tui.git import Repository
from gitops_tui.git.paths import clean_path
from gitops_tui.model.application import Source
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable
from gitops_tui.pluginsettings import Plugin
from gitops_tui.records import replace
from gitops_tui.render import plugins
from gitops_tui.render.cache import Disk, Memory, Rendered
from gitops_tui.render.charts.needed import Needed, OpenChart, needed
from gitops_tui.render.dependencies import Dependencies, dependencies, reaches_out
from gitops_tui.render.environment import build_environment
from gitops_tui.render.kustomization import FILES
from gitops_tui.render.manifests import without_duplicates
from gitops_tui.render.overrides import explicit_type, with_overrides
from gitops_tui.render.tools import program_for, tool_version
from gitops_tui.render.valuefiles import References
from gitops_tui.settings import Settings

_memory = Memory()
_disks: dict[Path, Disk] = {}
_cache_lock = threading.Lock()
_turns: dict[bytes, threading.Lock] = {}


def render(
    repository: Repository,
    commit: Commit,
    source: Source,
    *,
    app_name: str,
    namespace: str,
    settings: Settings,
    kube_version: str = "",
    api_versions: Sequence[str] = (),
    references: References = MappingProxyType({}),
    open_chart: OpenChart | None = None,
    project: str = "default",
    needs: Dependencies | None = None,
) -> Rendered:
    """Renders a source. Blocking: it reads Git and may run a program. references: the application's other sources by
    their `ref`. open_chart: gives the repository of a chart that this one depends on (None: nothing is fetched). needs: what `dependencies` says
    of it, where that was asked already.

    Raises RenderError with all problems found, ToolMissing where a program is needed that isn't there, and the errors
    of git for a path that doesn't exist.
    """
    path = clean_path(source.path)
    tree = repository.tree_sha(commit.sha, path)
    names = {entry.path.rsplit("/", 1)[-1] for entry in repository.list_tree(commit.sha, path) if entry.type == "blob"}
    asked = source.plugin
    source, notes = with_overrides(repository, commit, source, path, names, app_name)
    if (asked is None) != (source.plugin is None) or (asked or {}).get("name") != (source.plugin or {}).get("name"):
        raise RenderError(
            f"a file of the repository, {printable(path) or '.'}/.argocd-source*.yaml, asks for a plugin",
            hint="only an Application can name a plugin, and only your settings can declare one",
        )
    explicit = explicit_type(source)
    plugin = plugins.choose(repository, commit, source, path, settings, untyped=not explicit and asked is None)
    if plugin is not None:
        kind = "Plugin"
    elif explicit:
        kind = explicit
    elif "Chart.yaml" in names:
        kind = "Helm"
    elif names & set(FILES):
        kind = "Kustomize"
    else:
        kind = "Directory"
    # A kustomization or a chart may read other folders of the repository: what it names there is an input too.
    if kind == "Directory" and not reaches_out(repository, commit, path, source):
        needs = Dependencies((path,))
    elif needs is None:
        needs = dependencies(
            repository,
            commit,
            source,
            app_name,
            namespace=namespace,
            project=project,
            references=references,
            settings=settings,
        )
    paths = needs.inputs
    read = [tree] if paths == (path,) else repository.find_many([(commit.sha, each) for each in paths])
    inputs: list[object] = [paths, read, commit.sha if needs.by_revision else "", _read_elsewhere(needs, references)]
    missing = needed(repository, commit, path, open_chart) if kind in ("Helm", "Plugin") else []
    library = ""
    if kind == "Helm" and settings.helm_in_process:
        from gitops_tui.render.helmlibrary import library_version

        library = library_version()
    tools = [repr(plugin), settings.sops, library]
    inputs.append([each.key for each in missing])
    # Only charts look at the cluster's versions: what is read before the cluster is known holds for all others.
    inflates = kind == "Kustomize" and settings.allow_remote_bases
    versions = [kube_version, list(api_versions)] if kind in ("Helm", "Plugin") or inflates else []
    program = _kustomize(source, settings) if kind == "Kustomize" else program_for(kind)
    tool = [tool_version(program), settings.allow_remote_bases if kind == "Kustomize" else False, *tools]
    key = _key([kind, inputs, path, repr(replace(source, repo_url="")), app_name, namespace, project, versions, tool])
    disk = _disk(settings)
    with _cache_lock:
        turn = _turns.setdefault(key, threading.Lock())
    with turn:
        # Who asks for the same while it is being rendered waits for that.
        try:
            known = _memory.get(key)
            if known is None and (known := disk.get(key)) is not None:
                _memory.put(key, known)
            if known is not None:
                return _at_commit(known, commit)
            made = _rendered(
                repository,
                commit,
                source,
                path,
                kind,
                paths,
                notes,
                app_name,
                namespace,
                project,
                settings,
                kube_version,
                api_versions,
                references,
                needs.references,
                missing,
                plugin,
            )
            if known_fields := disk.found(key):
                from gitops_tui.render.random import remembering

                made = replace(made, manifests=remembering(made.manifests, known_fields))
            _memory.put(key, made)
            disk.put(key, made)
            return made
        finally:
            with _cache_lock:
                _turns.pop(key, None)


def _rendered(
    repository: Repository,
    commit: Commit,
    source: Source,
    path: str,
    kind: str,
    paths: Sequence[str],
    notes: Sequence[str],
    app_name: str,
    namespace: str,
    project: str,
    settings: Settings,
    kube_version: str,
    api_versions: Sequence[str],
    references: References,
    reference_inputs: Sequence[tuple[str, Sequence[str]]],
    missing: Sequence[Needed],
    plugin: Plugin | None,
) -> Rendered:
    env = build_environment(source, commit, app_name, namespace, project)
    if plugin is not None:
        manifests, warnings = plugins.render(
            repository,
            commit,
            source,
            path,
            plugin,
            build=env,
            settings=settings,
            kube_version=kube_version,
            api_versions=api_versions,
        )
    elif kind == "Helm":
        from gitops_tui.render import helm

        manifests, warnings = helm.render(
            repository,
            commit,
            source,
            path,
            app_name=app_name,
            namespace=namespace,
            env=env,
            settings=settings,
            kube_version=kube_version,
            api_versions=api_versions,
            inputs=paths,
            references=references,
            reference_inputs=reference_inputs,
            missing=missing,
        )
    elif kind == "Kustomize":
        from gitops_tui.render import kustomize

        manifests, warnings = kustomize.render(
            repository,
            commit,
            source,
            path,
            env=env,
            settings=settings,
            kube_version=kube_version,
            api_versions=api_versions,
            inputs=paths,
        )
    else:
        from gitops_tui.render import directory

        manifests, warnings = directory.render(repository, commit, source, path, env=env, settings=settings)
    if not manifests and kind in ("Helm", "Kustomize"):
        # An overlay or a chart with everything switched off, as in Argo CD; nothing is ever pruned because of it unasked.
        warnings.append(f"{printable(path) or '.'} renders to no objects at all ({kind})")
    elif not manifests:
        raise RenderError(
            f"no manifests in {printable(path) or '.'} at {commit.short}",
            problems=(Problem(path or ".", f"no Kubernetes objects found ({kind})"),),
            hint="check spec.source.path (--path takes patterns such as 'apps/*'); sub-folders are read with directory.recurse: true",
        )
    unique, more = without_duplicates(manifests)
    # What comes from elsewhere may be something else tomorrow; what a plugin or sops made may hold what was decrypted.
    transient = kind == "Plugin" or settings.sops or (kind == "Kustomize" and settings.allow_remote_bases)
    return Rendered(tuple(unique), (*notes, *warnings, *more), kind, transient)


def _kustomize(source: Source, settings: Settings) -> list[str]:
    from gitops_tui.render.kustomize import program

    return program(source, settings)


def _key(parts: list[object]) -> bytes:
    try:
        return orjson.dumps(parts)
    except TypeError:  # the name of a folder that is no UTF-8
        return json.dumps(parts, default=str).encode()


def _disk(settings: Settings) -> Disk:
    folder = settings.cache_folder / "renders"
    with _cache_lock:
        return _disks.setdefault(folder, Disk(folder, settings.render_cache_bytes))


def forget() -> None:
    """Drops what is kept in memory."""
    _memory.clear()


def _read_elsewhere(needs: Dependencies, references: References) -> list[object]:
    """What the paths in other sources hold."""
    found: list[object] = []
    for ref, paths in needs.references:
        other = references[ref]
        found.append([ref, paths, other.repository.find_many([(other.commit.sha, each) for each in paths])])
    return found


def _at_commit(rendered: Rendered, commit: Commit) -> Rendered:
    if not rendered.manifests or rendered.manifests[0].origin.commit == commit.sha:
        return rendered
    return replace(
        rendered,
        manifests=tuple(
            replace(manifest, origin=replace(manifest.origin, commit=commit.sha)) for manifest in rendered.manifests
        ),
    )
