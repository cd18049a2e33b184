"""What the portal says about proposed values of a retail user, beyond the protocol's rules."""

from collections.abc import Iterable, Iterator

from accounts.models import BankAccount, DematAccount, RetailUser
from accounts.updates import nothing_changed
from accounts.values import records, to_values
from backoffice.changes import kinds
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import OPEN
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.message import Request
from backoffice.protocol.messages.addresses import UpdateAlternateAddress
from backoffice.protocol.messages.dealers import MapDealers
from backoffice.protocol.messages.participants import CreateParticipantCode
from backoffice.protocol.messages.templates import UpdateQvlTemplate, UpdateSimctTemplate, UpdateUserTemplate
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser

CREATE_RETAIL_USER = "create_retail_user"
UPDATE_RETAIL_USER = "update_retail_user"
#: So many of the users found are named; the rest are counted.
NAMED = 3


def by_lane(lane: str) -> RetailUser | None:
    """The retail user of a lane `GROUP/USER`, or None."""
    group_id, _, user_id = lane.partition("/")
    return RetailUser.objects.filter(group_id=group_id, user_id=user_id).first()


def known(lane: str) -> kinds.Known:
    """What the portal knows of the retail user of this lane."""
    user = by_lane(lane) if lane else None
    return kinds.Known(user.version, to_values(user)) if user else kinds.Known()


def create_findings(values: Values) -> list[Finding]:
    """What speaks against a creation: the user exists, is being created, or others have the same details."""
    return [*_addressable(values), *_already_there(values), *_same_details(values)]


def existing_findings(values: Values) -> list[Finding]:
    """What speaks against a message for a retail user that must be here already."""
    lane = f"{values.get('group_id', '')}/{values.get('user_id', '')}"
    if by_lane(lane):
        return []
    words = f"{lane} is not a retail user here. Create or register the user first."
    return [Finding("user_id", words, rule="portal.exists")]


def update_findings(values: Values) -> list[Finding]:
    """What speaks against an update: no such user, nothing changed, or others have the same details."""
    return [*existing_findings(values), *nothing_changed(values), *_same_details(values)]


#: The messages for a retail user that is here, by the name of their kind.
FOR_A_USER: dict[str, type[Request]] = {
    "user_template": UpdateUserTemplate,
    "qvl_templates": UpdateQvlTemplate,
    "dealer_mapping": MapDealers,
    "channels": UpdateSimctTemplate,
    "participant_codes": CreateParticipantCode,
    "alternate_addresses": UpdateAlternateAddress,
}


def register() -> None:
    """Make the kinds of change of this room known."""
    kinds.register(
        kinds.Kind(CREATE_RETAIL_USER, "Create retail user", CreateRetailUser, known, create_findings)
    )
    for slug, message in FOR_A_USER.items():
        kinds.register(kinds.Kind(slug, message.title, message, known, existing_findings))
    kinds.register(kinds.Kind(UPDATE_RETAIL_USER, "Update profile", UpdateRetailUser, known, update_findings))


def _addressable(values: Values) -> Iterator[Finding]:
    for name, label in (("group_id", "group id"), ("user_id", "user id")):
        text = str(values.get(name, ""))
        if "/" in text or text in (".", ".."):
            words = f"{text!r} cannot be a {label} here: users are named GROUP/USER. Leave out the /."
            yield Finding(name, words, rule="portal.lane")


def _already_there(values: Values) -> Iterator[Finding]:
    group_id, user_id = str(values.get("group_id", "")), str(values.get("user_id", ""))
    if not group_id or not user_id:
        return
    lane = f"{group_id}/{user_id}"
    if RetailUser.objects.filter(group_id=group_id, user_id=user_id).exists():
        words = f"{lane} is already a retail user here. Open its page to see it, or choose another user id."
        yield Finding("user_id", words, rule="portal.exists")
        return
    waiting = Change.objects.filter(lane=lane, kind=CREATE_RETAIL_USER, state=ChangeState.SUBMITTED).first()
    if waiting:
        words = f"Change {waiting.pk} already proposes to create {lane} and waits for a checker."
        yield Finding("user_id", f"{words} Wait for it, or choose another user id.", rule="portal.pending")
    under_way = Delivery.objects.filter(lane=lane, message_type=CreateRetailUser.type, state__in=OPEN).first()
    if under_way:
        state = under_way.get_state_display().lower()
        words = f"{lane} is being created already: delivery {under_way.pk} is {state}."
        yield Finding("user_id", f"{words} Wait for its outcome.", rule="portal.pending")


def _same_details(values: Values) -> Iterator[Finding]:
    others = RetailUser.objects.exclude(
        group_id=values.get("group_id", ""), user_id=values.get("user_id", "")
    )
    for name, words in (("pan", "the PAN"), ("mobile", "the mobile number")):
        if value := values.get(name):
            yield from _shared(name, words, others.filter(**{name: value}))
    for index, bank in enumerate(records(values, "banks")):
        if bank.get("account_no"):
            same = BankAccount.objects.filter(bank_id=bank.get("bank_id", ""), account_no=bank["account_no"])
            holders = others.filter(pk__in=same.values("retail_user"))
            yield from _shared(f"banks.{index}.account_no", "the bank account", holders)
    for index, demat in enumerate(records(values, "demats")):
        if demat.get("beneficiary_id"):
            same_demat = DematAccount.objects.filter(
                dp_id=demat.get("dp_id", ""), beneficiary_id=demat["beneficiary_id"]
            )
            holders = others.filter(pk__in=same_demat.values("retail_user"))
            yield from _shared(f"demats.{index}.beneficiary_id", "the demat account", holders)


def _shared(path: str, words: str, holders: Iterable[RetailUser]) -> Iterator[Finding]:
    lanes = [user.lane for user in holders]
    if not lanes:
        return
    names = ", ".join(lanes[:NAMED])
    if len(lanes) > NAMED:
        names += f" and {len(lanes) - NAMED} more"
    verb = "has" if len(lanes) == 1 else "have"
    yield Finding(
        path,
        f"{names} {verb} {words} too. Make sure it is no mistake.",
        Severity.WARNING,
        rule="portal.shared",
    )
