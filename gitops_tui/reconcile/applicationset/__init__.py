"""Argo CD's ApplicationSets: generators make parameters, a template makes an `Application` of each set of them.

`generate(document, where, world)` gives the Application documents. After argo-cd `applicationset/` (generators, utils,
controllers/template); what Argo CD has and this has not is named with the file and the generator.
"""

from gitops_tui.reconcile.applicationset.generate import Generated, generate
from gitops_tui.reconcile.applicationset.generators import ClusterEntry, World

__all__ = ["ClusterEntry", "Generated", "World", "generate"]
