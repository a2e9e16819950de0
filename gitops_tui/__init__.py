"""gitops-tui keeps Kubernetes clusters equal to Git, and lets a person see and steer that from a terminal."""

__version__ = "0.1.0"
