"""Audit entries as lines of the history on the page of the thing they are about."""

from backoffice.audit.models import Entry
from backoffice.kit import privacy
from backoffice.kit.components import Event, status


def line(entry: Entry, shows: bool) -> Event:
    """An entry as one line. `shows`: whether the page shows personal data.

    The text of an entry begins with what it is about, which the page says already.
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
