"""The texts with which deliveries are refused or in doubt, so that they can be counted, and new ones be read once."""

import re

from django.db.models import QuerySet

from backoffice.delivery.models import Delivery, Wording
from backoffice.odin.outcome import Outcome, OutcomeKind

#: What differs from one delivery to the next: ids and numbers, what stands in quotes, addresses of e-mail.
DIFFERS = re.compile(r"""\"[^"]*\"|'[^']*'|\S*\d\S*|\S+@\S+""")
LEFT_OUT = "…"
#: So much of a text (characters) is looked at: more than is kept, and little enough for the pattern above.
LONGEST_READ = 2000
#: Shorter parts of a lane may be words of the language.
SHORTEST = 3


def of(delivery: Delivery, outcome: Outcome) -> Wording | None:
    """The wording of an attempt's outcome; None of one that was applied. In the transaction that stores the outcome."""
    if outcome.kind is OutcomeKind.APPLIED:
        return None
    own = (*delivery.lane.split("/"), delivery.reference)
    return kept(
        code=outcome.code, text=common(outcome.text or outcome.reason, own), unlisted=outcome.new_words
    )


def kept(*, code: str, text: str, unlisted: bool = False) -> Wording:
    """The row of a wording, made when it comes for the first time."""
    return Wording.objects.get_or_create(code=code, text=text, unlisted=unlisted)[0]


def common(text: str, own: tuple[str, ...] = ()) -> str:
    """A text as it is the same for many deliveries: without numbers, ids, and the delivery's `own` words."""
    text = text[:LONGEST_READ]
    for word in own:
        if len(word) >= SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", LEFT_OUT, text, flags=re.IGNORECASE)
    text = DIFFERS.sub(LEFT_OUT, " ".join(text.split()))
    return text[: Wording._meta.get_field("text").max_length] or "No words"


def unread() -> QuerySet[Wording]:
    """Refusals in words that are not in the table of known ones and that nobody has read yet."""
    return Wording.objects.filter(unlisted=True, read_at=None)
