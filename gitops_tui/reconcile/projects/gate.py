"""Whether an application may be synced, by the sync windows and by the rules of its project.

Worked out anew where something about it changed, and at the edges of windows; looked at before each plan, again before the
first write, and between waves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops_tui.kube.config import IN_CLUSTER
from gitops_tui.model.application import Application
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.snapshot import Condition, Severity
from gitops_tui.model.sync import SyncPlan
from gitops_tui.model.text import printable, redact
from gitops_tui.model.windows import OPEN_GATE, SyncGate, SyncWindow, WindowLine
from gitops_tui.reconcile.applicationspec import IN_CLUSTER_SERVER
from gitops_tui.reconcile.projects.permits import Reach, object_violations, violations
from gitops_tui.reconcile.projects.registry import Belonging
from gitops_tui.records import dataclass

if TYPE_CHECKING:
    from gitops_tui.kube import Cluster
    from gitops_tui.reconcile.projects.windows import Target
    from gitops_tui.reconcile.runtime import Runtime
    from gitops_tui.reconcile.worker import Engine

# Argo CD's name for all of them.
INVALID = "InvalidSpecError"
_SHOWN = 5
_CRD_GROUP = "apiextensions.k8s.io"
_MOST_SHARED = 10_000
# Seconds: after an edge, and how far ahead a timer is set at most.
_AFTER, _LONGEST = 0.05, 120.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What the rules say of an application. wrong, objects: what they forbid of it as a whole, and of what it holds in Git, each in
    a line; hint: what to do. unknown: why they are not known; pending: whether that is only a matter of time. warnings: what has
    no effect."""

    wrong: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    hint: str = ""
    unknown: str = ""
    pending: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the rules of an application were worked out from."""

    found: Belonging
    app: Application
    manifests: Mapping[ResourceKey, Manifest]
    kinds: int

    def holds(self, other: _Basis) -> bool:
        same = self.manifests is other.manifests and self.kinds == other.kinds
        return same and self.app == other.app and self.found == other.found


class Gate:
    """The gates of one engine. Everything runs on its loop. clock: what time it is."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self.clock = clock
        self._rules: dict[AppKey, tuple[_Basis, Rules]] = {}
        self._shared: dict[tuple[int, ...], tuple[datetime, SyncGate, Sequence[Sequence[SyncWindow]]]] = {}

    def leaves(self, app: AppKey) -> None:
        """An application is none of the session any longer."""
        self._rules.pop(app, None)

    # --- what is known of one -------------------------------------------------------------------------------------

    def pending(self, runtime: Runtime) -> bool:
        """Whether its first verdict waits until its project is read."""
        return self._engine.projects.of(runtime).blocks

    def rules(self, runtime: Runtime) -> Rules:
        """What the project's rules say of it now."""
        found = self._engine.projects.of(runtime)
        kinds = len(self._engine.session(runtime).cluster.discovery)
        basis = _Basis(found, runtime.app, runtime.manifests, kinds)
        known = self._rules.get(runtime.app.key)
        if known is None or not known[0].holds(basis):
            known = self._rules[runtime.app.key] = basis, self._worked_out(runtime, found)
        return known[1]

    def gate(self, runtime: Runtime) -> SyncGate:
        """What the windows say of it now."""
        sources = self._sources(runtime)
        if not sources:
            return OPEN_GATE
        from gitops_tui.reconcile.projects.windows import gate_of

        now = self.clock()
        ids = tuple(id(each) for mine in sources for each in (None, *mine))
        known = self._shared.get(ids)
        if known is None or not known[0] <= now or (known[1].changes is not None and now >= known[1].changes):
            if len(self._shared) > _MOST_SHARED:
                self._shared.clear()
            # The windows are kept beside, so that no other one takes over an id.
            known = self._shared[ids] = now, gate_of(sources, now), sources
        return known[1]

    def wait(self, runtime: Runtime) -> float:
        """Seconds after which its windows are to be looked at again, 0 for never. A timer far ahead is not to be trusted over a
        machine's sleep."""
        changes = self.gate(runtime).changes
        if changes is None:
            return 0.0
        return min(max((changes - self.clock()).total_seconds(), 0.0) + _AFTER, _LONGEST)

    def conditions(self, runtime: Runtime, now: datetime) -> list[Condition]:
        """What people should know of it."""
        rules = self.rules(runtime)
        wrong = (*rules.wrong, *rules.objects)
        said = [f"{INVALID}: {each}" for each in wrong[:_SHOWN]]
        if (more := len(wrong) - _SHOWN) > 0:
            said.append(f"{INVALID}: and {more} more that its project does not permit")
        found = [Condition(Severity.ERROR, "application", each, now, rules.hint) for each in said]
        found += [Condition(Severity.WARNING, "application", each, now) for each in rules.warnings]
        if rules.unknown and not rules.pending:
            found.append(Condition(Severity.WARNING, "application", self._unknown(rules), now, _UNREAD_HINT))
        return found

    def _unknown(self, rules: Rules) -> str:
        return f"{rules.unknown}: its sync windows and rules are not known, so automatic sync is held"

    def held(self, runtime: Runtime) -> str:
        """Why the rules hold automatic sync, "" where they don't."""
        rules = self.rules(runtime)
        return next(iter((*rules.wrong, *rules.objects)), rules.unknown)

    # --- plans ----------------------------------------------------------------------------------------------------

    def refusal(self, runtime: Runtime, plan: SyncPlan, *, automatic: bool) -> tuple[str, str] | None:
        """(why, what to do) where a plan must not be carried out now."""
        rules = self.rules(runtime)
        wrong = list(rules.wrong)
        if not plan.options.is_selective and runtime.revision is not None and plan.revision == runtime.revision.sha:
            wrong += rules.objects
        wrong += self._of_plan(runtime, plan)
        wrong = list(dict.fromkeys(wrong))
        if wrong:
            more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            return f"{'; '.join(wrong[:3])}{more}", rules.hint
        if plan.options.dry_run:
            return None
        if rules.unknown and automatic:
            return self._unknown(rules), _UNREAD_HINT
        gate = self.gate(runtime)
        if gate.automatic if automatic else gate.manual:
            return None
        return gate.why, f"wait until then, or {_WINDOW_HINT}" if gate.changes is not None else _WINDOW_HINT

    def warnings(self, runtime: Runtime) -> tuple[str, ...]:
        """What a person should know who syncs it by hand now."""
        rules, gate = self.rules(runtime), self.gate(runtime)
        said = [f"{rules.unknown}: whether a sync window or a rule forbids this is not known"] if rules.unknown else []
        if not gate.automatic:
            said.append(f"automatic sync is held: {gate.why}")
        return tuple(said)

    def holds(self, runtime: Runtime, began: datetime, *, automatic: bool) -> str:
        """Why a sync that runs must not go on, "" where it may."""
        if not (sources := self._sources(runtime)):
            return ""
        from gitops_tui.reconcile.projects.windows import gate_of, may_go_on

        now = self.clock()
        holding = (each for each in sources if not may_go_on(each, now, began, automatic=automatic))
        return next((gate_of([each], now).why for each in holding), "")

    # --- all windows ----------------------------------------------------------------------------------------------

    def lines(self) -> tuple[WindowLine, ...]:
        """The windows of the settings, and of the projects of the session's applications."""
        from gitops_tui.reconcile.projects.windows import gate_of, is_about

        engine, now = self._engine, self.clock()
        windows: dict[int, SyncWindow] = {id(each): each for each in engine.settings.sync_windows}
        targets = []
        for runtime in engine.runtimes.values():
            found = engine.projects.of(runtime).projects
            mine = [each for project in found for each in project.windows]
            windows |= {id(each): each for each in mine}
            targets.append((str(runtime.app.key), self._target(runtime), {id(each) for each in mine}))
        ours = {id(each) for each in engine.settings.sync_windows}
        states = gate_of([list(windows.values())], now).windows
        return tuple(
            WindowLine(
                state,
                tuple(
                    name
                    for name, target, theirs in targets
                    if id(state.window) in (theirs | ours) and is_about(state.window, target)
                ),
            )
            for state in states
        )

    # --- how it is worked out -------------------------------------------------------------------------------------

    def _sources(self, runtime: Runtime) -> list[list[SyncWindow]]:
        """The windows that are about it, by who sets them: the settings, each project."""
        projects = self._engine.projects.of(runtime).projects
        every = [each for each in (self._engine.settings.sync_windows, *(each.windows for each in projects)) if each]
        if not every:
            return []
        from gitops_tui.reconcile.projects.windows import is_about  # few have any

        target = self._target(runtime)
        about = ([each for each in windows if is_about(each, target)] for windows in every)
        return [mine for mine in about if mine]

    def _target(self, runtime: Runtime) -> Target:
        from gitops_tui.reconcile.projects.windows import Target

        reach = self._reach(runtime)
        return Target(runtime.app.name, self._engine.namespace_of(runtime), (*reach.names, *reach.servers))

    def _reach(self, runtime: Runtime) -> Reach:
        context, to = self._engine.session(runtime).cluster.context, runtime.app.destination
        servers = {to.server.rstrip("/"), context.server.rstrip("/")}
        names = {to.name, context.name}
        if to.server.rstrip("/") == IN_CLUSTER_SERVER or to.name == IN_CLUSTER or not (to.server or to.name):
            servers.add(IN_CLUSTER_SERVER)
            names.add(IN_CLUSTER)
        return Reach(tuple(sorted(servers - {""})), tuple(sorted(names - {""})))

    def _worked_out(self, runtime: Runtime, found: Belonging) -> Rules:
        app = runtime.app
        if found.missing:
            return self._missing(printable(app.project), found.nowhere)
        reach = self._reach(runtime)
        wrong: list[str] = []
        objects: list[str] = []
        namespace = self._engine.namespace_of(runtime)
        to = app.destination
        for project in found.projects:
            wrong += violations(
                project,
                app_namespace=app.key.namespace,
                home=self._engine.settings.argocd_namespace,
                sources=[each.repo_url for each in app.sources],
                reach=reach,
                namespace=namespace,
                where=to.server or to.name or runtime.app.key.cluster,
            )
            if not project.problem:
                held = ((key, each.gvk) for key, each in runtime.manifests.items())
                objects += object_violations(project, self._objects(runtime, held), reach)
        warnings = tuple(dict.fromkeys(each for project in found.projects for each in project.warnings))
        places = " or ".join(dict.fromkeys(each.found_in for each in found.projects))
        hint = f"change the application, or its AppProject in {places}" if places else ""
        return Rules(_lines(wrong), _lines(objects), hint, found.unknown, found.pending, warnings)

    def _missing(self, name: str, nowhere: bool) -> Rules:
        said = f"the application names the project {name}, which does not exist"
        choice = self._engine.settings.missing_project
        if choice == "allow":
            return Rules(warnings=(f"{said}: no sync windows and no rules are known (missing_project: allow)",))
        if nowhere and choice == "auto":
            return Rules(warnings=(f"{said}, as no AppProject does here: no sync windows and no rules are known",))
        hint = (
            f"give its AppProject with -f, create it in the cluster, or set project: default; to sync without: {_ALLOW}"
        )
        return Rules((said,), hint=hint)

    def _objects(self, runtime: Runtime, found: Iterable[tuple[ResourceKey, GVK]]) -> list[tuple[ResourceKey, bool]]:
        cluster = self._engine.session(runtime).cluster
        scopes = _defined_scopes(runtime.manifests)
        return [(key, _is_namespaced(cluster, gvk, key, scopes)) for key, gvk in found]

    def _of_plan(self, runtime: Runtime, plan: SyncPlan) -> list[str]:
        """What a plan would do beyond what Git holds: a namespace that it creates, what it prunes, another commit's objects."""
        reach = self._reach(runtime)
        steps = [(step.key, GVK.of(step.api_version, step.key.kind)) for step in plan.steps]
        found: list[str] = []
        for project in self._engine.projects.of(runtime).projects:
            if not project.problem:
                found += object_violations(project, self._objects(runtime, steps), reach)
        return list(_lines(found))


_ALLOW = "missing_project: allow in your settings"
_UNREAD_HINT = (
    "have somebody give you the right to get, list and watch AppProjects, name them with -f, or set argocd_namespace to "
    '"" in your settings where no Argo CD\'s rules are to count'
)
_WINDOW_HINT = "set manualSync: true on the window; gitops-tui windows lists them"


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(printable(redact(each)) for each in texts))


def _defined_scopes(manifests: Mapping[ResourceKey, Manifest]) -> dict[tuple[str, str], bool]:
    """(group, kind) -> whether it is namespaced, of the kinds that come with the application."""
    found = {}
    for key, each in manifests.items():
        if (key.group, key.kind) == (_CRD_GROUP, "CustomResourceDefinition"):
            spec = each.obj.get("spec")
            names = spec.get("names") if isinstance(spec, Mapping) else None
            if isinstance(spec, Mapping) and isinstance(names, Mapping):
                found[str(spec.get("group")), str(names.get("kind"))] = spec.get("scope") != "Cluster"
    return found


def _is_namespaced(cluster: Cluster, gvk: GVK, key: ResourceKey, scopes: Mapping[tuple[str, str], bool]) -> bool:
    kind = cluster.discovery.get(gvk)
    if kind is not None:
        return kind.namespaced
    return scopes.get((key.group, key.kind), bool(key.namespace))
