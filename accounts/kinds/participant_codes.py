"""344: the participant codes of a retail user, by segment (O8)."""

from accounts.models import ParticipantCode, RetailUser
from accounts.records import changed, confirm, confirmed_user, rows
from accounts.retail_users import PLAIN, assess, page_of, records_with
from accounts.values import part, records
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.participants import CreateParticipantCode

SLUG = "participant_codes"


def part_of(user: RetailUser) -> Values:
    """What is known of this part of the record, as the message has it."""
    return part(CreateParticipantCode, "participants", user.participant_codes.all())


def apply(lane: str, values: Values) -> Applied:
    """Keep the participant code of each segment that the message names."""
    user = confirmed_user(values)
    before = rows(user.participant_codes)
    for row in records(values, "participants"):
        ParticipantCode.objects.update_or_create(
            retail_user=user, segment=int(row["segment"]), defaults={"code": row["code"]}
        )
    confirm(user, {})
    return changed({"participant_codes": before}, {"participant_codes": rows(user.participant_codes)})


KIND = ChangeKind(
    slug=SLUG,
    title=CreateParticipantCode.title,
    message=CreateParticipantCode,
    page=page_of(SLUG),
    records=records_with("participant_codes", part=part_of),
    assess=assess,
    menu=PLAIN,
    apply=apply,
)
