"""Keys on the main screen, one after the other.

Textual hands a key on to the screen's own queue, so that keys typed quickly after `/` or `s` would still act on the
main screen (a `p` of a filter would pause). Here each key is done with before the next one is looked at, and what is
typed for a line that is not there yet waits for it.
"""

from __future__ import annotations

from textual import events

from gitops_tui.tui.filterline import FilterLine
from gitops_tui.tui.host import Host
from gitops_tui.tui.screens.holding import HoldsKeys


class TypingKeys(Host):
    """Runs the table's actions, and gives the filter its letters."""

    def by_key(self) -> dict[str, str]:
        """Key -> the app's action, from the table."""
        return {
            name: f"go_{key.action}" if key.action == "open" else key.action
            for key in self.table
            for name in key.keys.split(",")
        }

    async def on_event(self, event: events.Event) -> None:
        top: object = self.screen_stack[-1] if self.screen_stack else None
        if isinstance(top, HoldsKeys) and not top.open and isinstance(event, events.Key | events.Paste):
            if not event.is_forwarded:
                top.held.append(event)
                return
        if isinstance(event, events.Key) and not event.is_forwarded and len(self.screen_stack) == 1:
            if self.message is not None:
                self.message = None
                self.call_later(self.show_footer)
            found = self.screen_stack[0].query(FilterLine)
            if found and found.first().is_open:
                await found.first().take(event)
                return
            if self.focused is None and (action := self.actions.get(event.key)):
                await self.run_action(action)
                return
        await super().on_event(event)
