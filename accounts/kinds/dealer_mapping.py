"""314: the dealers that a retail user has (O4)."""

from typing import Any

from accounts.models import DealerMapping, RetailUser
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
from backoffice.protocol.codes import MappingAction
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.dealers import MapDealers

SLUG = "dealer_mapping"


def part_of(user: RetailUser) -> Values:
    """Return the known values of this part of the record, as the message has them."""
    return part(MapDealers, "mappings", user.dealer_mappings.all())


def is_so(user: RetailUser, values: Values) -> bool:
    """Whether the user has the dealers to be added. A removal is never done already: dealers may be unknown here."""
    has = {(row.dealer_group, row.dealer_id) for row in user.dealer_mappings.all()}
    named = records(values, "mappings")
    return (
        bool(named)
        and all(
            row.get("action") == MappingAction.ADD and (row.get("dealer_group"), row.get("dealer_id")) in has
            for row in named
        )
        and same_identity(user, values)
    )


def apply(lane: str, values: Values) -> Applied:
    """Add and remove dealers."""
    user = confirmed_user(values)
    before = rows(user.dealer_mappings)
    for row in records(values, "mappings"):
        dealer: dict[str, Any] = {"dealer_group": row["dealer_group"], "dealer_id": row["dealer_id"]}
        if row["action"] == MappingAction.ADD:
            DealerMapping.objects.get_or_create(retail_user=user, **dealer)
        else:
            DealerMapping.objects.filter(retail_user=user, **dealer).delete()
    confirm(user, {})
    return changed({"dealer_mappings": before}, {"dealer_mappings": rows(user.dealer_mappings)})


def effect(values: Values, before: Values | None) -> list[str]:
    """Return each dealer with the action."""
    action = MapDealers.mappings.record.fields["action"]
    return [
        f"{action.words(row.get('action', ''))} dealer {row.get('dealer_group', '')}/{row.get('dealer_id', '')}"
        for row in records(values, "mappings")
    ]


KIND = ChangeKind(
    slug=SLUG,
    title=MapDealers.title,
    message=MapDealers,
    page=page_of(SLUG),
    records=records_with("dealer_mappings", part=part_of),
    assess=assess_done(is_so),
    menu=PLAIN,
    effect=effect,
    files=(
        FileKind(
            slug=SLUG,
            title="Map dealers",
            group=FileGroup.SETTINGS,
            effect=("dealer mapping will be changed", "dealer mappings will be changed"),
            matters=("group_id", "mappings.action", "mappings.dealer_id"),
            layout=Layout(MapDealers, filled=FILLED, single="mappings"),
            unique=(
                Unique(
                    (*LANE, "dealer_group", "dealer_id"),
                    "names the same dealer. Leave one of them out.",
                    each="mappings",
                ),
            ),
            moved_on=moved_on,
            compose=with_identity(MapDealers),
            once=("action", "dealer_group", "dealer_id"),
        ),
    ),
    apply=apply,
)
