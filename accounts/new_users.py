"""New retail users who wait for a checker: found beside those who are here, until they are here or rejected."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from accounts.creations import CREATE_RETAIL_USER, REGISTER_RETAIL_USER
from accounts.models import NewUser, Source
from accounts.under_way import WORK
from backoffice.audit.search import UserId, of_user
from backoffice.changes.deciders import visible_to
from backoffice.changes.models import NEW_RECORD, said
from backoffice.kit import privacy
from backoffice.kit.text_indexes import INSIDE_FROM

#: The status of a retail user that stands for all of them in the filters of the list.
IN_APPROVAL = "in_approval"
#: So many are shown before the retail users on the first page of their list.
SHOWN = 10
#: The kinds of change that make a retail user, by what its source is then.
SOURCES = {Source.CREATED: CREATE_RETAIL_USER, Source.DECLARED: REGISTER_RETAIL_USER}


def waiting(person: Any) -> QuerySet[NewUser]:
    """The new retail users in approval whose changes somebody may see, the newest first."""
    kinds = [kind for kind in SOURCES.values() if kind in visible_to(person)]
    return NewUser.objects.filter(NEW_RECORD, kind__in=kinds).alias(
        user_id=UserId("subject"), said_name=said("name"), said_pan=said("pan")
    )


def matching(users: QuerySet[NewUser], text: str) -> QuerySet[NewUser]:
    """Those whose id, `GROUP/USER` or name fits the text, as `search.matching` finds retail users."""
    return users.filter(_by_name(text.strip())) if text.strip() else users


def matching_anything(text: str, person: Any) -> QuerySet[NewUser]:
    """Those in approval whose id, name or PAN fits. The PAN must be whole for those who see it hidden."""
    how = "begins" if privacy.sees_at_once(person) else "exact"
    return waiting(person).filter(_by_name(text) | Q(**{f"said_pan__{how}": text.upper()}))


def fitting(chosen: Mapping[str, Any], person: Any) -> QuerySet[NewUser]:
    """Those in approval that the filters of the list of retail users choose, by what was proposed of them."""
    users = matching(waiting(person), chosen["q"])
    if chosen["source"]:
        users = users.filter(kind=SOURCES[chosen["source"]])
    if chosen["work"] not in ("", "submitted"):  # submitted they all are
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
