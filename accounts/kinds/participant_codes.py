"""344: the participant codes of a retail user, by segment (O8)."""

from accounts.models import ParticipantCode, RetailUser
from accounts.records import changed, confirm, confirmed_user, rows
from accounts.retail_users import LANE, PLAIN, assess_done, moved_on, page_of, records_with
from accounts.values import part, records
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.participants import CreateParticipantCode

SLUG = "participant_codes"


def part_of(user: RetailUser) -> Values:
    """Return the known values of this part of the record, as the message has them."""
    return part(CreateParticipantCode, "participants", user.participant_codes.all())


def is_so(user: RetailUser, values: Values) -> bool:
    """Whether the user has exactly these codes."""
    has = {str(row.segment): row.code for row in user.participant_codes.all()}
    named = records(values, "participants")
    return bool(named) and all(has.get(row.get("segment", "")) == row.get("code") for row in named)


def apply(lane: str, values: Values) -> Applied:
    """Store the participant code of each segment in the message."""
    user = confirmed_user(values)
    before = rows(user.participant_codes)
    for row in records(values, "participants"):
        ParticipantCode.objects.update_or_create(
            retail_user=user, segment=int(row["segment"]), defaults={"code": row["code"]}
        )
    confirm(user, {})
    return changed({"participant_codes": before}, {"participant_codes": rows(user.participant_codes)})


def effect(values: Values, before: Values | None) -> list[str]:
    """The participant code of each segment."""
    return [
        f"Participant code {row.get('code', '')} for segment {row.get('segment', '')}"
        for row in records(values, "participants")
    ]


KIND = ChangeKind(
    slug=SLUG,
    title=CreateParticipantCode.title,
    message=CreateParticipantCode,
    page=page_of(SLUG),
    records=records_with("participant_codes", part=part_of),
    assess=assess_done(is_so),
    menu=PLAIN,
    effect=effect,
    files=(
        FileKind(
            slug=SLUG,
            title="Participant codes",
            group=FileGroup.SETTINGS,
            layout=Layout(CreateParticipantCode, single="participants"),
            unique=(
                Unique((*LANE, "segment"), "sets the same code. Leave one of them out.", each="participants"),
            ),
            moved_on=moved_on,
        ),
    ),
    apply=apply,
)
