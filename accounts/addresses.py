"""The form of the two alternate addresses (346, O9): two blocks that start with what is known."""

from dataclasses import replace

from accounts.offers import Offer
from backoffice.changes.entry import EntryForm
from backoffice.kit.sections import Block, Section
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.addresses import UpdateAlternateAddress

NAMES = tuple(UpdateAlternateAddress.fields)
BLOCKS = (
    (
        "first",
        "First address",
        "Both addresses are sent each time. What is left blank goes out as a blank; "
        "whether ODIN then erases what it has is not known.",
    ),
    ("second", "Second address", "Of another type than the first."),
)


def _shape(form: EntryForm, known: Values) -> EntryForm:
    """Both addresses are sent each time, so the form starts with both."""
    return replace(
        form,
        sections=tuple(
            Section(slug, title, (Block(tuple(n for n in NAMES if n.startswith(f"{slug}_"))),), text)
            for slug, title, text in BLOCKS
        ),
        starting=lambda: {name: known.get(name, "") for name in NAMES},
    )


OFFER = Offer(shape=_shape)
