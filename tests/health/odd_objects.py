"""Values of any shape, with the names that health looks at, and what a message may look like."""

from __future__ import annotations

from hypothesis import strategies as st

from gitops_tui.health.objects import MESSAGE_LIMIT

FIELDS = [
    "conditions",
    "type",
    "status",
    "reason",
    "message",
    "phase",
    "state",
    "health",
    "replicas",
    "readyReplicas",
    "updatedReplicas",
    "availableReplicas",
    "observedGeneration",
    "generation",
    "containerStatuses",
    "initContainerStatuses",
    "waiting",
    "terminated",
    "lastState",
    "exitCode",
    "restartPolicy",
    "updateStrategy",
    "rollingUpdate",
    "partition",
    "suspend",
    "paused",
    "loadBalancer",
    "ingress",
    "annotations",
    "labels",
    "finalizers",
    "deletionTimestamp",
    "parents",
    "listeners",
    "ancestors",
    "error",
    "statuses",
    "environments",
    "active",
    "proposed",
    "dry",
    "sha",
    "note",
    "scale",
    "statusReplicas",
    "name",
]
WORDS = (
    "True",
    "False",
    "Unknown",
    "Ready",
    "Failed",
    "Complete",
    "Progressing",
    "Running",
    "RollingUpdate",
    "Always",
    "1/2",
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(WORDS)
    | st.sampled_from(["\x1b[31mred", "a\nb", "\u202eevil", "https://u:p@host/x", "\ud800", "x" * 5000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=25,
)


def fits(message: str) -> bool:
    return len(message) <= MESSAGE_LIMIT and not any(
        ord(each) < 32 or 0x7F <= ord(each) < 0xA0 or each in "\u202e\u2028" or 0xD800 <= ord(each) < 0xE000
        for each in message
    )
