"""What the kinds of change about a retail user share: which user it is, what is known of it, where its form is."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import StrIndex, Substr
from django.urls import reverse

from accounts import lookups  # noqa: F401  # registers `among`
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
#: What the record of a retail user says about itself in every message; typed only where the portal does not know it.
IDENTITY = ("user_id", "group_id", "manager_id", "category")
#: The columns that no file need have: what the record says about itself, and what the portal makes.
FILLED = ("manager_id", "category", "reference")
#: The rows behind a retail user that its confirmed values are made of.
PROFILE = ("banks", "demats", "mf_ucc")


def lane_of(values: Mapping[str, object]) -> str:
    """GROUP/USER of a message's values."""
    return f"{values.get('group_id', '')}/{values.get('user_id', '')}"


def by_lane(lane: str) -> RetailUser | None:
    """The retail user of a lane `GROUP/USER`, or None."""
    group_id, _, user_id = lane.partition("/")
    return RetailUser.objects.filter(group_id=group_id, user_id=user_id).first()


def locked_users(lanes: Iterable[str]) -> dict[str, RetailUser]:
    """The retail users of these lanes that are here, by lane, locked in one order."""
    users = RetailUser.objects.select_for_update().filter(_in_lanes(lanes)).order_by("pk")
    return {user.lane: user for user in users}


def users_of(lanes: Iterable[str], *related: str) -> dict[str, RetailUser]:
    """The retail users that are here, by lane, with the rows of these parts: a few queries, however many they are."""
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
    """The names of the retail users that are here, by lane, in one query."""
    condition = _in_lanes(lanes)
    users = RetailUser.objects.filter(condition).order_by() if condition else RetailUser.objects.none()
    rows = users.values_list("group_id", "user_id", "name")
    return {f"{group_id}/{user_id}": name for group_id, user_id, name in rows}


def records_with(*related: str, part: Callable[[RetailUser], Values] = lambda user: {}) -> Records:
    """What the portal knows of retail users, and of a part of the record: its `related` rows, and as values."""

    def know(users: Sequence[RetailUser]) -> list[Known]:
        prefetch_related_objects(users, *PROFILE, *related)
        return [Known(user.version, {**to_values(user), **part(user)}, user) for user in users]

    return Records(users_of, know)


#: What the portal knows of retail users, by lane.
records = records_with()


def records_here(*related: str) -> Records:
    """Whether retail users are here, with `related` rows. Their versions do not matter, whatever a profile says."""

    def know(users: Sequence[RetailUser]) -> list[Known]:
        prefetch_related_objects(users, *related)
        return [Known(1, None, user) for user in users]

    return Records(users_of, know)


def existing_findings(asked: Asked, known: Known) -> list[Finding]:
    """What speaks against a message for a retail user that must be here already."""
    if known.record is not None:
        return []
    words = f"{lane_of(asked.values)} is not a retail user here. Create or register the user first."
    return [Finding("user_id", words, rule="portal.exists")]


def assess(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
    """The assessment of messages that only need their retail user to be here."""
    return [Assessed(existing_findings(asked, record)) for asked, record in zip(many, known, strict=True)]


def assess_done(is_so: Callable[[Any, Values], bool]) -> Assess:
    """The assessment of messages that need their retail user to be here.

    `is_so` says of a retail user and the values of a message whether ODIN has confirmed just this.
    """

    def assess_many(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
        return [
            Assessed(
                existing_findings(asked, record),
                # One that is to be created has nothing yet, and no key to ask for it.
                bool(record.record and record.record.pk) and is_so(record.record, asked.values),
            )
            for asked, record in zip(many, known, strict=True)
        ]

    return assess_many


def with_identity(message: type[Request]) -> Compose:
    """Rows for a user who is here: manager and category come from the record where the row leaves them empty."""
    names = [name for name in IDENTITY if name not in LANE and name in message.fields]

    def compose(values: Values, known: Known) -> Asked:
        confirmed = known.values or {}
        own = {name: confirmed[name] for name in names if confirmed.get(name)}
        return Asked({**values, **own, **{name: value for name, value in values.items() if value}})

    return compose


def same_identity(user: RetailUser, values: Values) -> bool:
    """Whether a message names the manager and category that are confirmed, where it names them at all."""
    return all(
        values[name] == value_of(user, name) and name not in user.unknown_fields
        for name in ("manager_id", "category")
        if values.get(name)
    )


def users_of_subject() -> QuerySet[RetailUser]:
    """The retail user of an outer query of changes, found by the index of its key."""
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
    """Where a kind of change is proposed for a retail user: one address for each lane and slug."""
    return lambda lane: reverse("accounts:change", args=[*lane.split("/", 1), slug])


def plain(form: EntryForm, known: Values) -> EntryForm:
    """The form of a short message: its single values, then its groups of records."""
    return replace(form, sections=plain_sections(form.message, hidden=form.fixed))


#: A short message, offered for every retail user.
PLAIN = MenuEntry(plain)
