"""312: the quantity and value limits templates that a retail user has, by exchange and level (O3)."""

from accounts.models import QvlTemplate, RetailUser
from accounts.records import changed, confirm, confirmed_user, rows
from accounts.retail_users import (
    FILLED,
    LANE,
    PLAIN,
    assess_done,
    moved_on,
    page_of,
    records_with,
    same_identity,
    with_identity,
)
from accounts.values import part, records
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.kit.names import in_words
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.templates import UpdateQvlTemplate

SLUG = "qvl_templates"


def part_of(user: RetailUser) -> Values:
    """Return the known values of this part of the record, as the message has them."""
    return part(UpdateQvlTemplate, "templates", user.qvl_templates.all())


def is_so(user: RetailUser, values: Values) -> bool:
    """Whether the user has exactly these templates."""
    has = {(row.exchange, row.level): row.template_name for row in user.qvl_templates.all()}
    named = records(values, "templates")
    return (
        bool(named)
        and all(
            has.get((row.get("exchange", ""), row.get("level", ""))) == row.get("template_name")
            for row in named
        )
        and same_identity(user, values)
    )


def apply(lane: str, values: Values) -> Applied:
    """Store one template for each exchange and level in the message."""
    user = confirmed_user(values)
    before = rows(user.qvl_templates)
    for row in records(values, "templates"):
        QvlTemplate.objects.update_or_create(
            retail_user=user,
            exchange=row["exchange"],
            level=row["level"],
            defaults={"template_name": row["template_name"]},
        )
    confirm(user, {})
    return changed({"qvl_templates": before}, {"qvl_templates": rows(user.qvl_templates)})


def effect(values: Values, before: Values | None) -> list[str]:
    """Each template with its exchange."""
    named = UpdateQvlTemplate.templates.record.fields
    return [
        "QVL "
        + " on ".join(in_words(named[name], row.get(name, "")) for name in ("template_name", "exchange"))
        for row in records(values, "templates")
    ]


KIND = ChangeKind(
    slug=SLUG,
    title=UpdateQvlTemplate.title,
    message=UpdateQvlTemplate,
    page=page_of(SLUG),
    records=records_with("qvl_templates", part=part_of),
    assess=assess_done(is_so),
    menu=PLAIN,
    effect=effect,
    files=(
        FileKind(
            slug=SLUG,
            title="Assign QVL templates",
            group=FileGroup.SETTINGS,
            effect=("QVL template will be assigned", "QVL templates will be assigned"),
            matters=("group_id", "templates.exchange", "templates.level", "templates.template_name"),
            layout=Layout(UpdateQvlTemplate, filled=FILLED, single="templates"),
            unique=(
                Unique(
                    (*LANE, "exchange", "level"),
                    "sets the same template. Leave one of them out.",
                    each="templates",
                ),
            ),
            moved_on=moved_on,
            compose=with_identity(UpdateQvlTemplate),
        ),
    ),
    apply=apply,
)
