"""Find retail users by id, name, PAN or mobile number."""

import re
from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.urls import reverse

from accounts import new_users
from accounts.models import NewUser, RetailUser
from backoffice.kit import privacy
from backoffice.kit.search import LIMIT, Match
from backoffice.kit.text_indexes import INSIDE_FROM
from backoffice.logins import reveal

#: How many digits are needed to search for a mobile number by its ending, as people read it out.
DIGITS_FROM = 4
#: A number with fewer digits is no mobile number.
WHOLE_FROM = 7
#: The indexed texts in capitals, since ids are typed in either case.
IN_CAPITALS = {"id_in_capitals": Upper("user_id")}


def matching(queryset: QuerySet[RetailUser], text: str) -> QuerySet[RetailUser]:
    """Search by id, `GROUP/USER` or name. Lists use it, and their addresses contain the text."""
    text = text.strip()
    return queryset.alias(**IN_CAPITALS).filter(_by_name(text)) if text else queryset


def matching_anything(queryset: QuerySet[RetailUser], text: str, person: Any) -> QuerySet[RetailUser]:
    """Search by name and id, and by PAN or mobile number.

    People who see PAN and mobile number masked must type them completely, so that a search cannot reveal them
    character by character.
    """
    digits = _digits(text)
    queryset = queryset.alias(**IN_CAPITALS)
    if not privacy.sees_at_once(person):
        return queryset.filter(_by_name(text) | Q(pan=text.upper()) | Q(mobile=digits))
    fits = _by_name(text) | Q(pan__begins=text.upper())
    if digits.isascii() and digits.isdigit() and len(digits) >= DIGITS_FROM:
        fits |= Q(mobile__endswith=digits[-10:]) | Q(mobile__startswith=digits)
    return queryset.filter(fits)


def _by_name(text: str) -> Q:
    inside = "icontains" if len(text) >= INSIDE_FROM else "istartswith"
    fits = Q(id_in_capitals__begins=text.upper()) | Q(**{f"name__{inside}": text})
    group_id, slash, user_id = text.partition("/")
    if slash:
        fits |= Q(group_id__iexact=group_id.strip(), id_in_capitals__begins=user_id.strip().upper())
    return fits


def find(text: str, user: Any) -> Iterator[Match]:
    """The provider of the global search, for people who may see retail users."""
    if not user.has_perm("accounts.view_retailuser"):
        return
    if _is_whole(text) and not privacy.sees_at_once(user) and not reveal.may_look_up(user, text):
        words = f"{reveal.MOST_AN_HOUR} an hour; search by user id or name"
        yield Match("Retail user", "Too many searches for whole numbers", reverse("accounts:list"), words)
        return
    wanted = text.upper()
    for found in matching_anything(RetailUser.objects.all(), text, user)[:LIMIT]:
        names = (found.user_id, found.lane, found.pan, found.mobile)
        yield _match(found, user, exact=wanted in {name.upper() for name in names if name})
    for name, stage in new_users.STAGES.items():
        for new in new_users.matching_anything(name, text, user)[:LIMIT]:
            note = ", ".join(part for part in (stage.label, _note(new, user)) if part)
            yield Match("Retail user", f"{new.lane} {new.name}".strip(), new.get_absolute_url(), note)


def recalled(lanes: list[str], user: Any) -> list[Match]:
    """Return these retail users, in this order, as far as this person may see them."""
    if not lanes or not user.has_perm("accounts.view_retailuser"):
        return []
    pairs = [lane.partition("/") for lane in lanes]
    any_of = reduce(or_, (Q(group_id=group_id, user_id=user_id) for group_id, _, user_id in pairs))
    known = {one.lane: one for one in RetailUser.objects.filter(any_of)}
    return [_match(known[lane], user) for lane in lanes if lane in known]


def _is_whole(text: str) -> bool:
    """Whether a search may find somebody by PAN or mobile number: these are not typed in parts."""
    digits = _digits(text)
    return privacy.names_a_person(text) or (digits.isdecimal() and len(digits) >= WHOLE_FROM)


def _digits(text: str) -> str:
    """Return a mobile number without what people type between its digits."""
    return re.sub(r"[\s+-]", "", text)


def _match(found: RetailUser, user: Any, *, exact: bool = False) -> Match:
    return Match(
        kind="Retail user",
        label=f"{found.lane} {found.name}".strip(),
        url=found.get_absolute_url(),
        note=_note(found, user),
        exact=exact,
        subject=found.lane,
    )


def known_to(lane: str, person: Any) -> bool:
    """Whether this `GROUP/USER` is a retail user that this person may see."""
    group_id, _, user_id = lane.partition("/")
    return bool(
        person.has_perm("accounts.view_retailuser")
        and RetailUser.objects.filter(group_id=group_id, user_id=user_id).exists()
    )


def _note(found: RetailUser | NewUser, person: Any) -> str:
    texts = (("pan", found.pan), ("phone", found.mobile))
    if privacy.sees_at_once(person):
        return ", ".join(text for _, text in texts if text)
    return ", ".join(privacy.mask(kind, text) for kind, text in texts if text)
