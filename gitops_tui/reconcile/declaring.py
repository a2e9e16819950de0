"""Which applications a session has: those that it was started with, those that ApplicationSets make, and those that
applications hold in Git (applications of applications).

All of it is worked out anew, from the roots down, whenever Git moves or an application renders to other `Application`
objects: what nothing names any longer is no application of the session. That deletes nothing in a cluster. What can't be
read takes nothing away: as long as something is wrong with a root or an ApplicationSet, what it made before stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import ApplicationError, GitOpsError
from gitops_tui.model.application import Application
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import AppKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.snapshot import ApplicationState, Condition, Severity
from gitops_tui.model.sync import OperationPhase
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.applicationspec import parse_application
from gitops_tui.reconcile.runtime import APPLICATION_GROUP, Runtime
from gitops_tui.reconcile.startup import Origins, Roots
from gitops_tui.records import dataclass, replace

if TYPE_CHECKING:
    from gitops_tui.reconcile.applicationset import World
    from gitops_tui.reconcile.worker import Engine

MOST_LEVELS = 10
_AGAIN = 1.0
_RETRY = 30.0


@dataclass(frozen=True, slots=True)
class Found:
    """All applications in order (a parent before its children), and what is wrong, each where it stands."""

    applications: Mapping[AppKey, Application]
    problems: tuple[GitOpsError, ...] = ()


class Declaring:
    """The applications of one engine. Everything runs on its loop; Git is read in threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._origins: Origins | None = None
        self._roots: Roots | None = None
        self._world: World | None = None
        self._held: dict[AppKey, tuple[Manifest, ...]] = {}
        self._made: dict[str, tuple[Application, ...]] = {}
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._projects_due = 0.0
        self.conditions: tuple[Condition, ...] = ()

    async def begin(self, origins: Origins) -> None:
        """Reads the roots. Raises GitOpsError where nothing can be shown at all."""
        self._origins = origins
        self._world = None
        self._roots = await asyncio.to_thread(origins.read)
        self._engine.projects.set_files(self._roots.projects)
        await self._look(fresh=False)
        if not self._engine.runtimes and self.conditions:
            first = self.conditions[0]
            raise ApplicationError(first.message, hint=first.hint)

    async def look_at_projects(self, *, now: bool = False) -> None:
        """Reads the AppProjects of `-f` files anew where one has changed; every half minute, or now."""
        time = self._engine.loop.time()
        if self._origins is None or not self._origins.request.files or (not now and time < self._projects_due):
            return
        self._projects_due = time + _RETRY
        try:
            found = await asyncio.to_thread(self._origins.projects)
            if found is not None:
                self._engine.projects.set_files(found)
        except GitOpsError as error:
            said = f"the AppProjects of the files are those read before: {error.message}"
            self._engine.say(Severity.WARNING, "application", said, error.hint)

    async def git_moved(self) -> None:
        """A repository has something new: folders that match and what ApplicationSets make may have changed."""
        roots = self._roots
        if roots is None or not (roots.sets or self._engine.request.repo or self._has_sets()):
            return
        await self._look(fresh=True)

    def _has_sets(self) -> bool:
        return any(each.key.kind == "ApplicationSet" for some in self._held.values() for each in some)

    async def rendered(self, runtime: Runtime, manifests: Iterable[Manifest]) -> None:
        """Takes in what an application renders to."""
        if not self._engine.settings.run_child_applications:
            return
        manifests = tuple(manifests)
        self._engine.projects.hold(runtime.app.key, manifests)
        held = tuple(
            each
            for each in manifests
            if each.key.group == APPLICATION_GROUP and each.key.kind in ("Application", "ApplicationSet")
        )
        before = self._held.get(runtime.app.key, ())
        if [(each.digest, each.origin.path) for each in before] == [(each.digest, each.origin.path) for each in held]:
            return
        self._held[runtime.app.key] = held
        await self._look(fresh=False)

    async def _look(self, *, fresh: bool) -> None:
        async with self._lock:
            if fresh and self._origins is not None:
                try:
                    self._roots = await asyncio.to_thread(self._origins.read)
                except GitOpsError as error:
                    # What was found before stays; the error is said until it is gone.
                    self._say([error])
                    self._retry(True)
                    return
            found = await asyncio.to_thread(self._compute, dict(self._held))
            self._say(found.problems)
            self._retry(bool(found.problems))
            self._apply(found.applications)

    def _retry(self, wanted: bool) -> None:
        """What could not be read, such as a repository that was away, is tried again now and then."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        generates = self._roots is not None and bool(self._roots.sets or self._engine.request.repo)
        if wanted and (generates or self._has_sets()):
            self._timer = self._engine.loop.call_later(_RETRY, self._look_again)

    def _say(self, problems: Iterable[GitOpsError]) -> None:
        now = datetime.now(UTC)
        before = {each.message: each for each in self.conditions}
        made = []
        for each in problems:
            message = printable(redact(each.message), keep_newlines=True)
            made.append(
                before.get(message) or Condition(Severity.ERROR, "application", message, now, redact(each.hint))
            )
        self.conditions = tuple(dict.fromkeys(made))
        self._engine.wake()

    # --- working it out (in a thread) -----------------------------------------------------------------------------

    def _compute(self, held: Mapping[AppKey, tuple[Manifest, ...]]) -> Found:
        assert self._origins is not None
        assert self._roots is not None
        problems = list(self._roots.problems)
        applications: dict[AppKey, Application] = {}
        roots = list(self._roots.applications)
        for where, document in self._roots.sets:
            roots += self._of_set(where, document, problems)
        for app in roots:
            self._add(app, applications, problems)
        # A child comes right after its parent, so that they stand together wherever applications are listed.
        order: dict[AppKey, Application] = {}

        def walk(app: Application, above: tuple[AppKey, ...]) -> None:
            order[app.key] = app
            for child in self._children(app, held.get(app.key, ()), problems):
                if child.key == app.key or child.key in above:
                    chain = " → ".join(str(each) for each in (*above, app.key, child.key))
                    problems.append(
                        ApplicationError(
                            f"{child.declared_in}: a cycle of applications, {chain}: this one is not run",
                            hint=f"take the Application {child.key} out of the folder of {app.key}",
                        )
                    )
                elif len(above) + 1 >= MOST_LEVELS:
                    problems.append(
                        ApplicationError(
                            f"{child.declared_in}: applications of applications deeper than {MOST_LEVELS} levels: "
                            f"{child.key} is not run",
                            hint="an application that makes a new one like itself never comes to an end",
                        )
                    )
                elif self._add(child, applications, problems):
                    walk(child, (*above, app.key))

        for app in list(applications.values()):
            walk(app, ())
        return Found(order, tuple(problems))

    def _add(self, app: Application, all_: dict[AppKey, Application], problems: list[GitOpsError]) -> bool:
        before = all_.get(app.key)
        if before is not None:
            if before is not app:
                problems.append(
                    ApplicationError(
                        f"{app.declared_in or 'a folder'}: a second Application {app.key}; the first is in "
                        f"{before.declared_in or before.source.path}",
                        hint="rename one of them",
                    )
                )
            return False
        most = self._engine.settings.max_applications
        if len(all_) >= most:
            told = f"there are more than {most} applications: the rest is not run"
            if not any(each.message == told for each in problems):
                problems.append(ApplicationError(told, hint="raise max_applications in the settings"))
            return False
        all_[app.key] = app
        return True

    def _children(
        self, parent: Application, held: Sequence[Manifest], problems: list[GitOpsError]
    ) -> Iterable[Application]:
        assert self._origins is not None
        for each in held:
            place = each.origin.path + (f":{each.origin.line}" if each.origin.line else "")
            where = printable(f"{place} (held by the application {parent.key})")
            if each.key.kind == "ApplicationSet":
                for made in self._of_set(where, each.obj, problems):
                    yield replace(made, parent=parent.key)
                continue
            try:
                app = parse_application(each.obj, where, self._origins.resolve)
            except GitOpsError as error:
                problems.append(error)
                known = self._engine.runtimes.values()
                yield from (was.app for was in known if was.app.parent == parent.key and was.app.name == each.key.name)
                continue
            yield replace(app, parent=parent.key)

    def _of_set(self, where: str, document: Mapping[str, Any], problems: list[GitOpsError]) -> tuple[Application, ...]:
        """What an ApplicationSet makes; with something wrong, what it made before stays beside that."""
        assert self._origins is not None
        name = str((document.get("metadata") or {}).get("name") or "")
        identity = f"{where.partition(' (held')[2]}|{name}" if " (held" in where else f"{where}|{name}"
        from gitops_tui.reconcile.applicationset import generate

        made = generate(document, where, self._seen())
        found: dict[AppKey, Application] = {}
        bad = list(made.problems)
        for each in made.documents:
            try:
                app = parse_application(each, f"{where}: ApplicationSet {printable(name)}", self._origins.resolve)
            except GitOpsError as error:
                bad.append(error)
                continue
            found[app.key] = replace(app, warnings=(*app.warnings, *made.warnings))
        if bad:
            for app in self._made.get(identity, ()):
                found.setdefault(app.key, app)
        problems += bad
        self._made[identity] = tuple(found.values())
        return self._made[identity]

    def _seen(self) -> World:
        """What generators look at."""
        from gitops_tui.reconcile.applicationset import ClusterEntry, World

        if self._world is None:
            assert self._origins is not None
            labels = {name: _labels(text) for name, text in self._engine.settings.cluster_labels.items()}
            clusters = [ClusterEntry(each.name, each.server, labels.get(each.name, {})) for each in self._origins.known]
            self._world = World(self._engine.open_repository, clusters)
        return self._world

    # --- carrying it out ------------------------------------------------------------------------------------------

    def _apply(self, wanted: Mapping[AppKey, Application]) -> None:
        engine = self._engine
        before = engine.runtimes
        runtimes: dict[AppKey, Runtime] = {}
        fresh: list[Runtime] = []
        for key, app in wanted.items():
            runtime = before.get(key)
            if runtime is None:
                runtime = Runtime(app, ApplicationState(app))
                fresh.append(runtime)
            elif runtime.app != app:
                runtime.app = app
                runtime.all_dirty = runtime.state_dirty = True
                engine.spawn(engine.following.refresh(runtime))
            runtimes[key] = runtime
        for key, runtime in before.items():
            if key in runtimes:
                continue
            if runtime.operation is not None and runtime.operation.phase is OperationPhase.RUNNING:
                # It ends first; then it leaves.
                runtimes[key] = runtime
                engine.loop.call_later(_AGAIN, self._look_again)
                continue
            self._leaves(runtime)
        for runtime in fresh:
            engine.use_cluster(runtime.app.key.cluster)
        # Another dict: whoever goes through the old one just now is not disturbed.
        engine.runtimes = runtimes
        for runtime in fresh:
            if not engine.starting:
                engine.spawn(engine.take_in(runtime))
        engine.wake()

    def _look_again(self) -> None:
        if not self._engine.stopping:
            self._engine.spawn(self._look(fresh=True))

    def _leaves(self, runtime: Runtime) -> None:
        app = runtime.app
        self._held.pop(app.key, None)
        self._engine.projects.leaves(app.key)
        self._engine.gate.leaves(app.key)
        self._engine.orphans.leaves(app.key)
        if runtime.again is not None:
            runtime.again.cancel()
        if runtime.expiry is not None:
            runtime.expiry.cancel()
        others = self._engine.claims.hold(app.key, ())
        for other in others:
            if (found := self._engine.runtimes.get(other)) is not None:
                self._engine.touch(found)
        self._engine.say(
            Severity.WARNING,
            "application",
            f"the application {app.key} is no longer in Git and left the list; what it deployed stays in the cluster",
            "its objects can be deleted by kubectl"
            if not app.finalizers
            else "it asks by its finalizer that its objects are deleted; that is not done without a person's plan",
        )

    # --- what a parent shows of its children ----------------------------------------------------------------------

    def tell_parents(self) -> bool:
        """Brings the children's state to the rows of their `Application` objects; whether that changed any."""
        changed = False
        if not self._engine.settings.run_child_applications:
            return False
        for key, runtime in self._engine.runtimes.items():
            parent = self._engine.runtimes.get(runtime.app.parent) if runtime.app.parent is not None else None
            if parent is None:
                continue
            state = runtime.state
            said = "being read" if state.loading else f"{state.sync.value}, {state.health.value}"
            told = Health(HealthStatus.PROGRESSING if state.loading else state.health, said)
            if parent.children.get(key.name) == told:
                continue
            parent.children[key.name] = told
            parent.dirty |= {
                each for each in parent.manifests if each.group == APPLICATION_GROUP and each.name == key.name
            }
            changed = True
        return changed


def _labels(text: str) -> dict[str, str]:
    pairs = [each.partition("=") for each in text.split(",") if each.strip()]
    return {key.strip(): value.strip() for key, _, value in pairs}
