"""Audit entries as lines of the history on the page of their subject."""

from backoffice.audit.models import Entry
from backoffice.kit import privacy
from backoffice.kit.components import Event, status


def line(entry: Entry, shows: bool) -> Event:
    """Return an entry as one line. `shows`: whether the page shows personal data.

    The subject at the beginning of an entry's text is left out, since the page names it.
    """
    kind, _, what = entry.action.partition(".")
    shown = status(kind, what)
    return Event(
        at=entry.at,
        who=entry.who,
        what=privacy.words(entry.text.partition(": ")[2] or entry.text, shows),
        why=privacy.words(entry.reason, shows),
        tone=shown.tone,
        icon=shown.icon,
    )
