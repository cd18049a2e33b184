"""Shared by the kinds of change about a retail user: the user, the known values, the address of the form."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import StrIndex, Substr
from django.urls import reverse

from accounts.models import RetailUser
from accounts.values import to_values, value_of
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Asked, Assess, Assessed, Compose, Known, Records
from backoffice.changes.kinds import MenuEntry
from backoffice.kit.sections import plain_sections
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request

#: The fields that name a retail user.
LANE = ("group_id", "user_id")
#: Fields that the record fills in every message; typed only if the portal does not know them.
IDENTITY = ("user_id", "group_id", "manager_id", "category")
#: Columns that files need not have: those filled by the record, and those that the portal makes.
FILLED = ("manager_id", "category", "reference")
#: The related rows of a retail user's confirmed values.
PROFILE = ("banks", "demats", "mf_ucc")


def lane_of(values: Mapping[str, object]) -> str:
    """GROUP/USER of a message's values."""
    return f"{values.get('group_id', '')}/{values.get('user_id', '')}"


def by_lane(lane: str) -> RetailUser | None:
    """The retail user of a lane `GROUP/USER`, or None."""
    group_id, _, user_id = lane.partition("/")
    return RetailUser.objects.filter(group_id=group_id, user_id=user_id).first()


def locked_users(lanes: Iterable[str]) -> dict[str, RetailUser]:
    """Return the existing retail users of these lanes, by lane, locked in one order."""
    users = RetailUser.objects.select_for_update().filter(_in_lanes(lanes)).order_by("pk")
    return {user.lane: user for user in users}


def users_of(lanes: Iterable[str], *related: str) -> dict[str, RetailUser]:
    """Return the existing retail users, by lane, with the rows of these parts, in a few queries."""
    condition = _in_lanes(lanes)
    users = RetailUser.objects.filter(condition).prefetch_related(*related).order_by() if condition else ()
    return {user.lane: user for user in users}


def _in_lanes(lanes: Iterable[str]) -> Q:
    """Condition for the retail users of these lanes; a text without a slash is none. Empty if there are none."""
    by_group: dict[str, set[str]] = defaultdict(set)
    for lane in lanes:
        group_id, slash, user_id = lane.partition("/")
        if slash:
            by_group[group_id].add(user_id)
    condition = Q()
    for group_id, user_ids in by_group.items():
        condition |= Q(group_id=group_id, user_id__among=user_ids)
    return condition


def names_of(lanes: Collection[str]) -> dict[str, str]:
    """Return the names of the existing retail users, by lane, in one query."""
    condition = _in_lanes(lanes)
    users = RetailUser.objects.filter(condition).order_by() if condition else RetailUser.objects.none()
    rows = users.values_list("group_id", "user_id", "name")
    return {f"{group_id}/{user_id}": name for group_id, user_id, name in rows}


def records_with(*related: str, part: Callable[[RetailUser], Values] = lambda user: {}) -> Records:
    """What the portal knows of retail users and a part of the record: its `related` rows, and as values."""

    def know(users: Sequence[RetailUser]) -> list[Known]:
        prefetch_related_objects(users, *PROFILE, *related)
        return [Known(user.version, {**to_values(user), **part(user)}, user) for user in users]

    return Records(users_of, know)


#: What the portal knows of retail users, by lane.
records = records_with()


def records_here(*related: str) -> Records:
    """Return whether retail users exist, with `related` rows. Their versions do not matter."""

    def know(users: Sequence[RetailUser]) -> list[Known]:
        prefetch_related_objects(users, *related)
        return [Known(1, None, user) for user in users]

    return Records(users_of, know)


def existing_findings(asked: Asked, known: Known) -> list[Finding]:
    """Return findings on a message for a retail user that must exist."""
    if known.record is not None:
        return []
    words = f"{lane_of(asked.values)} is not a retail user here. Create or register the user first."
    return [Finding("user_id", words, rule="portal.exists")]


def assess_done(is_so: Callable[[Any, Values], bool]) -> Assess:
    """Return an assessment of messages that need their retail user to exist.

    `is_so` says for a retail user and a message's values whether ODIN has confirmed exactly this.
    """

    def assess_many(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
        return [
            Assessed(
                existing_findings(asked, record),
                # A user yet to be created has no such rows, and no key to search by.
                bool(record.record and record.record.pk) and is_so(record.record, asked.values),
            )
            for asked, record in zip(many, known, strict=True)
        ]

    return assess_many


def with_identity(message: type[Request]) -> Compose:
    """Return rows for an existing user: manager and category come from the record if the row leaves them empty."""
    names = [name for name in IDENTITY if name not in LANE and name in message.fields]

    def compose(values: Values, known: Known) -> Asked:
        confirmed = known.values or {}
        own = {name: confirmed[name] for name in names if confirmed.get(name)}
        return Asked({**values, **own, **{name: value for name, value in values.items() if value}})

    return compose


def same_identity(user: RetailUser, values: Values) -> bool:
    """Whether a message's manager and category, if given, are the confirmed ones."""
    return all(
        values[name] == value_of(user, name) and name not in user.unknown_fields
        for name in ("manager_id", "category")
        if values.get(name)
    )


def users_of_subject() -> QuerySet[RetailUser]:
    """The retail user in an outer query of changes, found by the index of its key."""
    return RetailUser.objects.filter(group_id=_part(before_slash=True), user_id=_part(before_slash=False))


def moved_on() -> Q:
    """Condition for changes whose retail user has another version than the examined one."""
    as_examined = users_of_subject().filter(version=OuterRef("record_version"))
    still_absent = Q(record_version=0) & ~Exists(users_of_subject())
    return ~Exists(as_examined) & ~still_absent


def gone() -> Q:
    """Condition for changes whose retail user is gone. A deposit does not depend on other changes of the user."""
    return Q(~Exists(users_of_subject()))


def _part(*, before_slash: bool) -> Any:
    subject, slash = OuterRef("subject"), StrIndex(OuterRef("subject"), Value("/"))
    if before_slash:
        return Substr(subject, 1, slash - 1, output_field=CharField())
    return Substr(subject, slash + 1, output_field=CharField())


def page_of(slug: str) -> Callable[[str], str]:
    """Return where a kind of change is proposed for a retail user: one address for each lane and slug."""
    return lambda lane: reverse("accounts:change", args=[*lane.split("/", 1), slug])


def plain(form: EntryForm, known: Values) -> EntryForm:
    """The form of a short message: its single values, then its groups of records."""
    return replace(form, sections=plain_sections(form.message, hidden=form.fixed))


#: A short message, offered for every retail user.
PLAIN = MenuEntry(plain)
