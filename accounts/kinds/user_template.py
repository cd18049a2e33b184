"""310: the template of one type that a retail user has (O2)."""

from typing import Any

from accounts.models import RetailUser, UserTemplate
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
from accounts.values import text
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.kit.names import in_words
from backoffice.protocol.codes import Level
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.templates import UpdateUserTemplate

SLUG = "user_template"


def is_so(user: RetailUser, values: Values) -> bool:
    """Whether the user has exactly this template. An empty level is global (O2)."""
    wanted = tuple(_kept(values).values())
    return same_identity(user, values) and any(
        (row.template_name, row.level) == wanted
        for row in user.templates.all()
        if row.template_type == text(values, "template_type")
    )


def apply(lane: str, values: Values) -> Applied:
    """Store the user's template of one type."""
    user = confirmed_user(values)
    before = rows(user.templates)
    UserTemplate.objects.update_or_create(
        retail_user=user, template_type=text(values, "template_type"), defaults=_kept(values)
    )
    confirm(user, {})
    return changed({"templates": before}, {"templates": rows(user.templates)})


def _kept(values: Values) -> dict[str, Any]:
    return {
        "template_name": text(values, "template_name"),
        "level": text(values, "level") or Level.GLOBAL.value,
    }


def effect(values: Values, before: Values | None) -> list[str]:
    """The template and its type."""
    kind = UpdateUserTemplate.fields["template_type"].words(text(values, "template_type"))
    name = in_words(UpdateUserTemplate.fields["template_name"], text(values, "template_name"))
    return [f"{kind} template {name}"]


KIND = ChangeKind(
    slug=SLUG,
    title=UpdateUserTemplate.title,
    message=UpdateUserTemplate,
    page=page_of(SLUG),
    records=records_with("templates"),
    assess=assess_done(is_so),
    menu=PLAIN,
    effect=effect,
    files=(
        FileKind(
            slug=SLUG,
            title="Assign templates",
            group=FileGroup.SETTINGS,
            effect=("template will be assigned", "templates will be assigned"),
            matters=("group_id", "template_type", "template_name", "level"),
            layout=Layout(UpdateUserTemplate, filled=FILLED),
            unique=(Unique((*LANE, "template_type"), "sets the same template. Leave one of them out."),),
            moved_on=moved_on,
            compose=with_identity(UpdateUserTemplate),
            once=("template_type", "template_name", "level"),
        ),
    ),
    apply=apply,
)
