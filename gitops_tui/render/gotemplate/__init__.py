"""Go's text/template with sprig's functions, as Argo CD's ApplicationSets use it (`goTemplate: true`).

`render_text(text, data, options)` gives the text; TemplateError says what is wrong, in Go's words where they are known.
Hostile templates are bounded: steps, output and depth have limits.
"""

from gitops_tui.render.gotemplate.execute import render_text
from gitops_tui.render.gotemplate.parse import TemplateError

__all__ = ["TemplateError", "render_text"]
