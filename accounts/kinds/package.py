"""Several settings of an existing retail user in one change: each goes out as a message of its own kind."""

from collections.abc import Sequence
from dataclasses import replace

from accounts.answer_groups import asked_by, compose
from accounts.answers import answers_of
from accounts.follow_ups import GROUPS_OF_PACKAGE, Package, sections
from accounts.kinds import alternate_addresses, channels, dealer_mapping, participant_codes, qvl_templates
from accounts.models import RetailUser
from accounts.retail_users import (
    IDENTITY,
    LANE,
    existing_findings,
    moved_on,
    page_of,
    records_with,
    with_identity,
)
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Asked, Assessed, Known
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind, MenuEntry
from backoffice.kit.sections import Block, Section
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding

SLUG = "package"
NOTHING = Finding("", "Nothing is asked for yet. Fill in at least one setting.", rule="portal.nothing")
PARTS = (qvl_templates, dealer_mapping, channels, participant_codes, alternate_addresses)


def _shape(form: EntryForm, known: Values) -> EntryForm:
    """A section for each setting. Fields that the record does not have come first."""
    asked = tuple(name for name in IDENTITY if name not in form.fixed)
    identity = (Section("identity", "Identity", (Block(asked),)),) if asked else ()
    return replace(
        form,
        sections=(*identity, *sections(Package, GROUPS_OF_PACKAGE)),
        answers=lambda sent: answers_of(GROUPS_OF_PACKAGE, sent),
    )


def part_of(user: RetailUser) -> Values:
    """Return the known values of all settings, as their messages have them."""
    found: Values = {}
    for part in PARTS:
        found |= part.part_of(user)
    return found


def of_answers(values: Values, known: Known) -> Asked:
    """Return the messages of a form or a row. Manager and category come from the record if not given."""
    whole = _with_identity(values, known).values
    follow_ups, findings = compose(GROUPS_OF_PACKAGE, whole)
    follow_ups = [
        one._replace(values=alternate_addresses.with_known(one.values, known.values))
        if one.kind == alternate_addresses.SLUG
        else one
        for one in follow_ups
    ]
    return Asked({name: whole.get(name, "") for name in IDENTITY}, findings, follow_ups=follow_ups)


_with_identity = with_identity(Package)


def assess(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
    """Return findings on packages: no such user, or an empty package. One is done if each setting is."""
    return [
        Assessed(
            [*existing_findings(asked, record), *([] if asked.follow_ups else [NOTHING])],
            record.record is not None and bool(asked.follow_ups),
        )
        for asked, record in zip(many, known, strict=True)
    ]


KIND = ChangeKind(
    slug=SLUG,
    title=Package.title,
    message=Package,
    page=page_of(SLUG),
    records=records_with(
        "qvl_templates",
        "dealer_mappings",
        "channel_subscriptions",
        "participant_codes",
        "alternate_addresses",
        part=part_of,
    ),
    assess=assess,
    menu=MenuEntry(_shape),
    compose=of_answers,
    follows=asked_by(GROUPS_OF_PACKAGE),
    files=(
        FileKind(
            slug=SLUG,
            title="Packages of settings",
            group=FileGroup.SETTINGS,
            layout=Layout(Package, filled=("manager_id", "category")),
            unique=(Unique(LANE, "is for the same retail user. Put both into one row."),),
            moved_on=moved_on,
            compose=of_answers,
        ),
    ),
)
