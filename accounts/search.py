"""Finding retail users by what people have at hand: id, name, PAN or mobile number."""

import re
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import RetailUser
from backoffice.screens.search import LIMIT, Match

#: From so many letters on they may stand anywhere in a name; fewer must begin it.
INSIDE_FROM = 3
#: So many digits of a mobile number are needed to look for them at its end, as people read them out.
DIGITS_FROM = 4


def matching(queryset: QuerySet[RetailUser], text: str) -> QuerySet[RetailUser]:
    """Those whose id, `GROUP/USER`, name, PAN or mobile number fits the text."""
    text = text.strip()
    if not text:
        return queryset
    inside = "icontains" if len(text) >= INSIDE_FROM else "istartswith"
    fits = Q(user_id__istartswith=text) | Q(pan__istartswith=text) | Q(**{f"name__{inside}": text})
    group_id, slash, user_id = text.partition("/")
    if slash:
        fits |= Q(group_id__iexact=group_id.strip(), user_id__istartswith=user_id.strip())
    digits = re.sub(r"[\s+-]", "", text)
    if digits.isascii() and digits.isdigit() and len(digits) >= DIGITS_FROM:
        fits |= Q(mobile__endswith=digits[-10:]) | Q(mobile__startswith=digits)
    return queryset.filter(fits)


def find(text: str, user: Any) -> Iterator[Match]:
    """The provider of the search at the top of every page. Only for those who may see retail users."""
    if not user.has_perm("accounts.view_retailuser"):
        return
    wanted = text.upper()
    for found in matching(RetailUser.objects.all(), text)[:LIMIT]:
        names = (found.user_id, found.lane, found.pan, found.mobile)
        yield Match(
            kind="Retail user",
            label=f"{found.lane} {found.name}".strip(),
            url=found.get_absolute_url(),
            note=", ".join(part for part in (found.pan, found.mobile) if part),
            exact=wanted in {name.upper() for name in names if name},
        )
