"""What the portal says about proposed values of a retail user, beyond the protocol's rules."""

from functools import partial

from accounts import bulk, comparing, registration
from accounts.models import RetailUser
from accounts.registration import RegisterRetailUser
from accounts.risks import risks
from accounts.updates import nothing_changed, user_type_kept
from accounts.values import parts, to_values
from backoffice.changes import kinds
from backoffice.protocol.codes import OdinUserType
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request
from backoffice.protocol.messages.addresses import UpdateAlternateAddress
from backoffice.protocol.messages.dealers import MapDealers
from backoffice.protocol.messages.participants import CreateParticipantCode
from backoffice.protocol.messages.templates import UpdateQvlTemplate, UpdateSimctTemplate, UpdateUserTemplate
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser

CREATE_RETAIL_USER = bulk.CREATE_RETAIL_USER
UPDATE_RETAIL_USER = "update_retail_user"
CONVERT_RETAIL_USER = "convert_retail_user"
REGISTER_RETAIL_USER = bulk.REGISTER_RETAIL_USER
ALTERNATE_ADDRESSES = "alternate_addresses"


def by_lane(lane: str) -> RetailUser | None:
    """The retail user of a lane `GROUP/USER`, or None."""
    group_id, _, user_id = lane.partition("/")
    return RetailUser.objects.filter(group_id=group_id, user_id=user_id).first()


def known(lane: str) -> kinds.Known:
    """What the portal knows of the retail user of this lane."""
    user = by_lane(lane) if lane else None
    return kinds.Known(user.version, to_values(user)) if user else kinds.Known()


def known_parts(message: type[Request], lane: str) -> kinds.Known:
    """What the portal knows of this user, as a message for a part of the record names it."""
    user = by_lane(lane) if lane else None
    return kinds.Known(user.version, {**to_values(user), **parts(user, message)}) if user else kinds.Known()


def create_findings(values: Values) -> list[Finding]:
    """What speaks against a creation: the user exists, is being created, or others have the same details."""
    return bulk.create_findings([values], bulk.users_of([values]))[0]


def existing_findings(values: Values) -> list[Finding]:
    """What speaks against a message for a retail user that must be here already."""
    return bulk.existing_findings([values], bulk.users_of([values]))[0]


def update_findings(values: Values) -> list[Finding]:
    """What speaks against an update: no such user, nothing changed, or others have the same details."""
    confirmed = known(bulk.lane_of(values)).values or {}
    return [
        *existing_findings(values),
        *nothing_changed(values, confirmed),
        *user_type_kept(values, confirmed),
        *bulk.shared_findings([values])[0],
        *comparing.findings(values, confirmed),
    ]


def convert_findings(values: Values) -> list[Finding]:
    """What speaks against a conversion: no such user, an ODIN user already, or others have the same details."""
    user = by_lane(f"{values.get('group_id', '')}/{values.get('user_id', '')}")
    found = existing_findings(values)
    if user and user.odin_user_type != OdinUserType.NON_ODIN:
        words = f"{user.lane} is not known as a non-ODIN user. Use an update to change it."
        found.append(Finding("odin_user_type", words, rule="U14"))
    return [*found, *bulk.shared_findings([values])[0]]


#: The messages for a retail user that is here, by the name of their kind.
FOR_A_USER: dict[str, type[Request]] = {
    "user_template": UpdateUserTemplate,
    "qvl_templates": UpdateQvlTemplate,
    "dealer_mapping": MapDealers,
    "channels": UpdateSimctTemplate,
    "participant_codes": CreateParticipantCode,
    ALTERNATE_ADDRESSES: UpdateAlternateAddress,
}


def register() -> None:
    """Make the kinds of change of this room known."""
    kinds.register(
        kinds.Kind(
            REGISTER_RETAIL_USER,
            RegisterRetailUser.title,
            RegisterRetailUser,
            known,
            create_findings,
            take=registration.take,
        )
    )
    kinds.register(
        kinds.Kind(
            CREATE_RETAIL_USER, "Create retail user", CreateRetailUser, known, create_findings, risks=risks
        )
    )
    for slug, message in FOR_A_USER.items():
        kinds.register(
            kinds.Kind(slug, message.title, message, partial(known_parts, message), existing_findings)
        )
    kinds.register(
        kinds.Kind(
            UPDATE_RETAIL_USER, "Update profile", UpdateRetailUser, known, update_findings, risks=risks
        )
    )
    kinds.register(
        kinds.Kind(
            CONVERT_RETAIL_USER,
            "Convert to ODIN user",
            CreateRetailUser,
            known,
            convert_findings,
            risks=risks,
        )
    )
