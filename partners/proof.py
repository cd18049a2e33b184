"""How clients prove who they are on the page of a link: end of the PAN or date of birth, three tries (C8)."""

import re
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.crypto import constant_time_compare

from accounts.models import RetailUser

#: Wrong answers that a link takes.
TRIES = 3
USED_UP = "There were three wrong answers. Ask your broker for a new link."
WRONG = "That is not what your broker has. Check it, and try again."
_NOT_DIGITS = re.compile("[^0-9]")


def wrong(row: QuerySet[Any]) -> str:
    """Return the words after a wrong answer, with the tries of the row that are left."""
    left = row.values_list("tries_left", flat=True).get()
    return f"{WRONG} {left} {'try is' if left == 1 else 'tries are'} left." if left else USED_UP


def take_try(row: QuerySet[Any]) -> bool:
    """Take one try of a row that has `tries_left`. False if none is left."""
    return bool(row.filter(tries_left__gt=0).update(tries_left=F("tries_left") - 1))


def fits(client: RetailUser, said: str) -> bool:
    """Whether the client's PAN ends so, or the client was born then (DD-MM-YYYY)."""
    text = said.strip().upper()
    pan_end = client.pan[-4:] if client.pan else ""
    by_pan = constant_time_compare(text, pan_end) and bool(pan_end)
    digits = _NOT_DIGITS.sub("", text)
    try:
        born = datetime.strptime(digits, "%d%m%Y").date() if len(digits) == len("DDMMYYYY") else None
    except ValueError:
        born = None
    return by_pan or (born is not None and born == client.birth_date)
