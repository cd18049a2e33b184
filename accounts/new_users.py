"""New retail users who wait for a checker or for ODIN, listed beside the existing ones until they exist."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Substr

from accounts.creations import CREATE_RETAIL_USER, REGISTER_RETAIL_USER
from accounts.models import NewUser, RetailUser, Source
from accounts.under_way import LANE, WORK
from backoffice.audit.search import UserId, of_user
from backoffice.changes.deciders import visible_to
from backoffice.changes.models import NEW_RECORD, State, said
from backoffice.delivery.models import STILL_OPEN, Delivery
from backoffice.kit import privacy
from backoffice.kit.text_indexes import INSIDE_FROM

#: How many of a stage precede the retail users on the first page of their list.
SHOWN = 10
#: The kinds of change that create a retail user, by the source that the user then has.
SOURCES = {Source.CREATED: CREATE_RETAIL_USER, Source.DECLARED: REGISTER_RETAIL_USER}


class Stage(NamedTuple):
    """The stage of a new retail user, as the list's filters name it, and who is in it.

    They are two queries instead of one with an "or": each uses its own index.
    """

    label: str
    there: Callable[[], QuerySet[NewUser]]


def _on_its_way() -> QuerySet[NewUser]:
    """Return those whose create is approved and not settled. Other messages may be on hold behind a refused one."""
    here = RetailUser.objects.alias(of_lane=LANE).filter(
        user_id=Substr(OuterRef("subject"), StrIndex(OuterRef("subject"), Value("/")) + 1),
        of_lane=OuterRef("subject"),
    )
    owed = Delivery.objects.filter(STILL_OPEN).order_by()
    return NewUser.objects.filter(
        ~Exists(here), state=State.APPROVED, record_version=0, pk__in=owed.values("change_id")
    )


#: The stages, by their status in the filters of the list.
STAGES = {
    "in_approval": Stage("In approval", lambda: NewUser.objects.filter(NEW_RECORD)),
    "on_its_way": Stage("On its way", _on_its_way),
}


def waiting(stage: str, person: Any) -> QuerySet[NewUser]:
    """Return the new retail users of a stage whose changes this person may see, newest first."""
    kinds = [kind for kind in SOURCES.values() if kind in visible_to(person)]
    return (
        STAGES[stage]
        .there()
        .filter(kind__in=kinds)
        .alias(user_id=UserId("subject"), said_name=said("name"), said_pan=said("pan"))
    )


def matching(users: QuerySet[NewUser], text: str) -> QuerySet[NewUser]:
    """Search by id, `GROUP/USER` or name, as `search.matching` finds retail users."""
    return users.filter(_by_name(text.strip())) if text.strip() else users


def matching_anything(stage: str, text: str, person: Any) -> QuerySet[NewUser]:
    """Search a stage by id, name or PAN. The PAN must be complete for people who see it masked."""
    how = "begins" if privacy.sees_at_once(person) else "exact"
    return waiting(stage, person).filter(_by_name(text) | Q(**{f"said_pan__{how}": text.upper()}))


def fitting(stage: str, chosen: Mapping[str, Any], person: Any) -> QuerySet[NewUser]:
    """Keep those of a stage that match the list's filters with their proposed values."""
    users = matching(waiting(stage, person), chosen["q"])
    if chosen["source"]:
        users = users.filter(kind=SOURCES[chosen["source"]])
    if chosen["work"]:
        under_way = WORK[chosen["work"]]
        users = users.filter(subject__in=under_way.rows().values_list(under_way.lane))
    if chosen["group_id"]:
        users = users.filter(subject__istartswith=f"{chosen['group_id']}/")
    if chosen["manager_id"]:
        users = users.alias(manager=said("manager_id")).filter(manager=chosen["manager_id"].upper())
    if chosen["odin_user_type"]:
        users = users.alias(user_type=said("odin_user_type")).filter(user_type=chosen["odin_user_type"])
    return users.filter(pk__lt=chosen["below"]) if chosen["below"] else users


def _by_name(text: str) -> Q:
    inside = "icontains" if len(text) >= INSIDE_FROM else "istartswith"
    return of_user("subject", text) | Q(**{f"said_name__{inside}": text})
