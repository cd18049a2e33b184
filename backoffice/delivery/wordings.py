"""The wordings of refusals and doubts, so that they can be counted and new ones read once."""

import re

from django.db.models import QuerySet

from backoffice.delivery.models import Delivery, Wording
from backoffice.odin.outcome import Outcome, OutcomeKind

#: Parts that differ between deliveries: ids and numbers, quoted text, e-mail addresses.
DIFFERS = re.compile(r"""\"[^"]*\"|'[^']*'|\S*\d\S*|\S+@\S+""")
LEFT_OUT = "…"
#: How many characters are examined: more than are kept, and few enough for the pattern above.
LONGEST_READ = 2000
#: Shorter parts of a lane may be ordinary words.
SHORTEST = 3


def of(delivery: Delivery, outcome: Outcome) -> Wording | None:
    """Return the wording of an attempt's outcome; None if applied.

    Call it in the transaction of the outcome.
    """
    if outcome.kind is OutcomeKind.APPLIED:
        return None
    own = (*delivery.lane.split("/"), delivery.reference)
    return kept(
        code=outcome.code, text=common(outcome.text or outcome.reason, own), unlisted=outcome.new_words
    )


def kept(*, code: str, text: str, unlisted: bool = False) -> Wording:
    """Return the row of a wording; make it if it is new."""
    return Wording.objects.get_or_create(code=code, text=text, unlisted=unlisted)[0]


def common(text: str, own: tuple[str, ...] = ()) -> str:
    """Return a text without numbers, ids, and the delivery's `own` words: equal for many deliveries."""
    text = text[:LONGEST_READ]
    for word in own:
        if len(word) >= SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", LEFT_OUT, text, flags=re.IGNORECASE)
    text = DIFFERS.sub(LEFT_OUT, " ".join(text.split()))
    return text[: Wording._meta.get_field("text").max_length] or "No words"


def unread() -> QuerySet[Wording]:
    """Return unread refusals that the table of known ones does not have."""
    return Wording.objects.filter(unlisted=True, read_at=None)
