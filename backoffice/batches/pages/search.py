"""Finding a batch from the search on every page."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from backoffice.batches.models import Batch
from backoffice.kit.search import LIMIT, Match, number_of

if TYPE_CHECKING:
    from backoffice.logins.models import User

HASH = re.compile(r"[0-9a-f]{8,64}", re.IGNORECASE | re.ASCII)


def find(text: str, user: "User") -> Iterator[Match]:
    """Find a batch by number ("B-12", "batch 12"), part of its file's name, or beginning of its SHA-256."""
    if not user.has_perm("batches.view_batch"):
        return
    # A number without a letter names a change or a delivery.
    number = number_of(text, "batch") if text[:1] in ("B", "b") else None
    if number is not None:
        found, exact = Batch.objects.filter(pk=number), True
    elif HASH.fullmatch(text):
        found, exact = Batch.objects.filter(sha256__startswith=text.lower()), False
    elif len(text) >= 3:
        found, exact = Batch.objects.filter(file_name__icontains=text), False
    else:
        return
    for batch in found[:LIMIT]:
        yield Match(
            "Batch",
            f"{batch.label}: {batch.file_name}",
            batch.get_absolute_url(),
            f"{batch.status_label} · {batch.total_rows} rows",
            exact=exact,
        )
