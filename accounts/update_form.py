"""The form of an update (320): it starts with what ODIN confirmed, and what does not change is not sent."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from accounts.forms import SECTIONS
from accounts.offers import Offer
from accounts.segments import INACTIVE, REACTIVATE, UpdateAsked, active, findings
from accounts.updates import ACCOUNTS, SINGLE, compose, placed
from backoffice.changes.entry import EntryForm
from backoffice.kit.sections import Block, Section
from backoffice.protocol.codes import Segment
from backoffice.protocol.fields import Values
from backoffice.protocol.rules import codes
from backoffice.protocol.user_rules import SEGMENT_SETS

#: Said on the form, since the fields are not on it.
NOT_IN_320 = "Family, parent, category, group admin and password cannot be changed once a user is created."
ACCOUNTS_KNOWN = (
    "Only what you change is sent. An account that you remove is deleted at ODIN; "
    "one whose number you change is deleted and inserted, both in one message."
)
ACCOUNTS_UNKNOWN = (
    "Nobody declared the accounts that this user has at ODIN. Say of each what is to be done with it."
)
#: Everything that the form starts with.
STARTING = (*(name for name in SINGLE if name != INACTIVE), *ACCOUNTS, "mf_ucc")
REACTIVATING = (
    "Tick what is to be allowed again, here and above. What stays inactive is left out of what is sent."
)


def sections(known: Values, hidden: Collection[str]) -> tuple[Section, ...]:
    """The form of an update: the sections of the new user's form with what a 320 can change of them."""
    shown = []
    for section in SECTIONS:
        if section.record:
            shown.append(_record_section(section, known))
            continue
        blocks = tuple(
            replace(block, names=names)
            for block in section.blocks
            if (names := tuple(name for name in block.names if name in SINGLE and name not in hidden))
        )
        if blocks:
            shown.append(replace(section, blocks=blocks))
        if section.slug == "segments":
            shown[-1] = replace(shown[-1], notes=dict.fromkeys(codes(known, INACTIVE), "Inactive"))
            shown.append(_inactive(known))
    return tuple(shown)


def _inactive(known: Values) -> Section:
    """What becomes inactive, and what of that is allowed again: by name, and in the sets above as well (U19)."""
    stopped = codes(known, INACTIVE)
    others = tuple(segment.value for segment in Segment if segment.value not in stopped)
    blocks = [Block((INACTIVE,), only=others)]
    if stopped:
        blocks.append(Block((REACTIVATE,), "Inactive now", REACTIVATING, only=tuple(stopped)))
    return Section("inactive", "Inactive segments", tuple(blocks))


def _starting(known: Values) -> Values:
    """What the form starts with: a segment that is inactive is not allowed, and nothing is made inactive anew."""
    starting = {name: known[name] for name in STARTING if name in known}
    return starting | {name: active(known, name) for name in SEGMENT_SETS if name in known}


def _shape(form: EntryForm, known: Values) -> EntryForm:
    """The form of an update: it starts with the confirmed values, and what is not on it stays as it is."""
    fixed = dict(form.fixed)
    if known.get("odin_user_type"):
        fixed["odin_user_type"] = known["odin_user_type"]
    return replace(
        form,
        text=f"{form.text} {NOT_IN_320}",
        sections=sections(known, hidden=fixed),
        starting=partial(_starting, known),
        begun=_starting,
        fixed=fixed,
        asks=UpdateAsked,
        compose=partial(compose, known),
        judged=partial(findings, known),
        placed=lambda wanted, found: placed(compose(known, wanted), wanted, found),
    )


def _record_section(section: Section, known: Values) -> Section:
    """Banks, demat accounts or UCC. Of accounts that nobody knows the maker says what is to be done with each."""
    if section.record not in ACCOUNTS:
        return replace(section, when=None)
    if section.record in known:
        return replace(section, text=ACCOUNTS_KNOWN)
    return replace(section, text=ACCOUNTS_UNKNOWN, empty="", blocks=(Block(("action",)), *section.blocks))


OFFER = Offer(shape=_shape)
