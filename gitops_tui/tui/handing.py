"""`:exec` and `:forward`: hand the terminal to kubectl and come back. Mixed into the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gitops_tui.errors import GitOpsError
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.logs import LogPod
from gitops_tui.tui import kubectl
from gitops_tui.tui.objectactions import ObjectActions
from gitops_tui.tui.screens.choice import Choice, Item

# What kubectl port-forward finds a pod for by itself.
_FORWARDED = {
    ("", "Pod"),
    ("", "Service"),
    ("", "ReplicationController"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("batch", "Job"),
}


class Handing(ObjectActions):
    """Needs a pod: the selected one, or one of what is selected."""

    def exec_in_pod(self, text: str) -> None:
        """A shell, or a command, in a container."""
        if self._off("exec"):
            return
        try:
            container, command = kubectl.exec_words(text)
        except GitOpsError as error:
            self.say(str(error), "error")
            return

        def go(app: AppKey, pod: LogPod) -> None:
            engine = self.engine
            if engine is None:
                return
            line = kubectl.exec_line(engine.kubectl_options(app), pod, container, command)
            what = f"exec in {pod.name} on {app.cluster}"
            self._if_allowed(app, "exec", pod.namespace, pod.name, lambda: self._hand(line, what, "exit comes back"))

        self._with_pod(go)

    def forward_port(self, ports: str) -> None:
        """Forwards ports until ctrl+c."""

        def go(app: AppKey, pod: LogPod) -> None:
            self._forward(app, pod.namespace, f"pod/{pod.name}", ports)

        found = self._selected()
        if found is None:
            return
        app, key, uid = found
        if not uid and (key.group, key.kind) in _FORWARDED:
            kind = f"{key.kind.lower()}.{key.group}" if key.group else key.kind.lower()
            self._guarded(lambda: self._forward(app, key.namespace, f"{kind}/{key.name}", ports))
        else:
            self._with_pod(go)

    def _forward(self, app: AppKey, namespace: str, target: str, ports: str) -> None:
        if self.engine is not None:
            line = kubectl.forward_line(self.engine.kubectl_options(app), namespace, target, ports)
            what = f"forwarding {ports} to {target} on {app.cluster}"
            # Which Pod kubectl takes of several is its own choice.
            pod = target.removeprefix("pod/") if target.startswith("pod/") else ""
            self._if_allowed(app, "port-forward", namespace, pod, lambda: self._hand(line, what, "ctrl+c comes back"))

    def _if_allowed(self, app: AppKey, what: str, namespace: str, pod: str, go: Callable[[], None]) -> None:
        """Asks the API server first: its word names the right that is missing."""
        if self.engine is None:
            return
        here = self.tree_pane.node

        def told(refused: str) -> None:
            if refused:
                self.say(f"{what}: {refused}", "error")
            elif len(self.screen_stack) == 1 and self.tree_pane.node == here:
                # Somebody who has gone on meanwhile is not thrown into a shell.
                self._guarded(go)

        self.wait(self.engine.pod_refusal(app, what, namespace, pod), told)

    def _off(self, what: str) -> bool:
        if self.settings.read_only or (self.engine is not None and self.engine.snapshot.read_only):
            self.say(f"read-only: {what} is off", "warning")
            return True
        return False

    def _selected(self) -> tuple[AppKey, ResourceKey, str] | None:
        if not (found := self.chosen(writes=False)):
            return None
        node = self.tree_pane.node
        if node is None or node.key is None:
            self.say("choose an object with pods first", "warning")
            return None
        return found[1], node.key, node.uid

    def _with_pod(self, go: Callable[[AppKey, LogPod], None]) -> None:
        """Asks which pod where there are several."""
        found = self._selected()
        if found is None or self.engine is None:
            return
        app, key, uid = found

        def told(pods: Sequence[LogPod]) -> None:
            if not pods:
                self.say(f"{key.kind} {key.name} has no pod", "warning")
                return
            running = [pod for pod in pods if any(each.state == "running" for each in pod.containers)] or list(pods)
            if len(running) == 1:
                self._guarded(lambda: go(app, running[0]))
                return
            items = [
                Item(
                    str(at) if at < 10 else "",
                    pod.name,
                    ", ".join(f"{c.name} {c.state}" for c in pod.containers),
                    pod.uid,
                )
                for at, pod in enumerate(running, 1)
            ]

            def chosen(name: str | None) -> None:
                pod = next((each for each in running if each.uid == name), None)
                if pod is not None:
                    self._guarded(lambda: go(app, pod))

            self.push_screen(Choice("Which pod?", items), chosen)

        self.wait(self.engine.log_pods(app, key, uid), told)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except GitOpsError as error:
            self.say(str(error), "error")

    def _hand(self, line: Sequence[str], what: str, leave: str) -> None:
        from textual.app import SuspendNotSupported

        try:
            with self.suspend():
                said = kubectl.run(line, what, leave)
        except SuspendNotSupported as error:
            raise GitOpsError("this terminal can't be handed over") from error
        finally:
            self.refresh()
        self.say(said)
