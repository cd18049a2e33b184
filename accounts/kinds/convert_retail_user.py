"""Converting a non-ODIN user to an ODIN user: a second 301 for an existing user (U2, U14)."""

from collections.abc import Sequence
from dataclasses import replace

from accounts.answer_groups import asked_by
from accounts.answers import answers_of
from accounts.duplicates import shared_findings
from accounts.follow_ups import ANSWERS, GROUPS, NewRetailUser, created, sections
from accounts.forms import SECTIONS
from accounts.kinds import create_retail_user
from accounts.models import RetailUser
from accounts.retail_users import LANE, existing_findings, moved_on, page_of, records
from accounts.risks import risks
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Asked, Assessed, Known
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind, MenuEntry
from backoffice.kit.sections import Section
from backoffice.protocol.codes import OdinUserType
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import clean
from backoffice.protocol.messages.users import CreateRetailUser

CONVERT_RETAIL_USER = "convert_retail_user"
#: The fields that name the user and define the conversion. Manager and category may be given again.
FIXED = ("group_id", "user_id", "odin_user_type")


def _shape(form: EntryForm, known: Values) -> EntryForm:
    """Return the form of a new retail user with this one's known values; ODIN takes all of them again."""
    fixed: Values = {**form.fixed, "odin_user_type": OdinUserType.ODIN.value}
    fixed = {name: fixed[name] for name in FIXED}
    return replace(
        form,
        facts="The retail user becomes an ODIN user, who can log in and trade. Its accounts stay.",
        sections=(
            *(_without(section, fixed) for section in SECTIONS),
            *sections(NewRetailUser, GROUPS),
        ),
        # Unknown values of the user stay empty: a new user's initial values would be claims about this one.
        starting=lambda: _starting(known),
        fixed=fixed,
        answers=lambda sent: answers_of(GROUPS, sent),
    )


def _starting(known: Values) -> Values:
    confirmed = {name: known[name] for name in CreateRetailUser.fields if name in known}
    return {**clean(CreateRetailUser, confirmed), "reference": ""}


def _without(section: Section, fixed: Values) -> Section:
    return replace(
        section,
        blocks=tuple(
            replace(block, names=tuple(name for name in block.names if section.record or name not in fixed))
            for block in section.blocks
        ),
    )


def _is_non_odin(user: RetailUser) -> bool:
    return user.odin_user_type == OdinUserType.NON_ODIN


def assess(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
    """Findings on conversions: no such user, an ODIN user already, or others have the same details."""
    shared = shared_findings([asked.values for asked in many])
    return [
        Assessed([*existing_findings(asked, record), *_odin_user(record), *same])
        for asked, record, same in zip(many, known, shared, strict=True)
    ]


def _odin_user(known: Known) -> list[Finding]:
    if known.record is None or _is_non_odin(known.record):
        return []
    words = f"{known.record.lane} is not known as a non-ODIN user. Use an update to change it."
    return [Finding("odin_user_type", words, rule="U14")]


class ConvertRow(NewRetailUser, abstract=True):
    """The columns of a conversion: all of a new retail user that the portal does not know of this one."""

    partial = True


def of_row(values: Values, known: Known) -> Asked:
    """Return the second 301 of a row: known values of the user fill its empty cells."""
    wanted = {**_starting(known.values or {}), **values, "odin_user_type": OdinUserType.ODIN.value}
    return create_retail_user.of_answers(wanted, known)


KIND = ChangeKind(
    slug=CONVERT_RETAIL_USER,
    title="Convert to ODIN user",
    message=CreateRetailUser,
    page=page_of(CONVERT_RETAIL_USER),
    records=records,
    assess=assess,
    menu=MenuEntry(_shape, applies=_is_non_odin),
    asks=NewRetailUser,
    compose=create_retail_user.of_answers,
    follows=asked_by(GROUPS),
    becomes=created,
    files=(
        FileKind(
            slug=CONVERT_RETAIL_USER,
            title="Convert to ODIN users",
            group=FileGroup.ONBOARDING,
            layout=Layout(
                ConvertRow,
                without=("odin_user_type",),
                filled=tuple(name for name in CreateRetailUser.fields if name not in (*LANE, "password")),
                needed=LANE,
                seldom=ANSWERS,
            ),
            unique=(Unique(LANE, "converts the same retail user. Leave one of them out."),),
            moved_on=moved_on,
            compose=of_row,
        ),
    ),
    risks=risks,
    sections=SECTIONS,
    apply=create_retail_user.apply,
    apply_many=create_retail_user.apply_many,
)
