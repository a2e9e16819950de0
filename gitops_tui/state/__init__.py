"""What must outlive the process: pause, pin, inventory, history; kept in the cluster."""

from gitops_tui.state.codec import decode, encode
from gitops_tui.state.store import STATE_LABEL, StateStore, configmap_name

__all__ = ["STATE_LABEL", "StateStore", "configmap_name", "decode", "encode"]
