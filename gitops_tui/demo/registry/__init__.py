"""The write path of the embedded API server, without HTTP.

`Registry` is what controllers and scripts use; it writes as an API client would, so defaults, ownership, validation and
conflicts are the same.
"""

from gitops_tui.demo.registry.registry import Registry

__all__ = ["Registry"]
