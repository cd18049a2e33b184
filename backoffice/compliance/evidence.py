"""Evidence packs: all that is recorded of a retail user, a time or a change, as a ZIP checked without the portal.

A pack holds personal data in full and no secret.
"""

import hashlib
import json
import zipfile
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from backoffice.audit import seals
from backoffice.audit.evidence import PARTS, Row, Scope
from backoffice.audit.models import Entry, Seal
from backoffice.audit.operations import record
from backoffice.compliance import evidence_verifier
from backoffice.free_text import checked

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Audit entries in one pack at most: more takes too long to make while its reader waits, and to read.
MOST = 20_000


class NoEvidence(Exception):
    """A pack that cannot be made; the text says why and what to do."""


def entries(scope: Scope) -> "QuerySet[Entry]":
    """The audit entries of a scope, oldest first."""
    if scope.change:
        return Entry.objects.filter(change_id=scope.change).order_by("id")
    found = scope.during(Entry.objects.order_by("id"), "at")
    return found.filter(subject=scope.subject) if scope.subject else found


def make(scope: Scope, file: IO[bytes], *, by: "User", reason: str) -> None:
    """Write a pack into `file`, and record that it was made. Raises NoEvidence."""
    reason = checked(reason, NoEvidence, "Give a reason: the audit trail and the pack keep it.")
    found = list(seals.rows(entries(scope)[: MOST + 1]))
    if not found:
        raise NoEvidence(f"Nothing is recorded of {scope.words}.")
    if len(found) > MOST:
        raise NoEvidence(f"There are more than {MOST:,} entries. Choose a shorter time, or one retail user.")
    chain = list(_chain([row[0] for row in found]))
    head = f"{chain[-1]['number']}:{chain[-1]['hash']}" if chain else ""
    parts = {
        name: list(part.rows(scope))
        for name, part in sorted(PARTS.items())
        if by.has_perm(part.permission) and (part.of_change or not scope.change)
    }
    now = timezone.now()
    about = {
        "scope": scope.words,
        "made_at": now.isoformat(),
        "made_by": by.get_username(),
        "reason": reason,
        "head": head,
        "columns": seals.COLUMNS,
    }
    pack = _Pack(file)
    pack.add("entries.json", _array(dict(zip(seals.COLUMNS, row, strict=True)) for row in found))
    pack.add("seals.json", _array(chain))
    for name, rows in parts.items():
        pack.add(f"{name}.json", _array(rows))
    read = entries(scope).filter(id__lte=found[-1][0])
    sections = [(PARTS[name], rows) for name, rows in parts.items()]
    context = {**about, "now": now, "sections": sections, "entries": read, "count": len(found)}
    pack.add("index.html", render_to_string("compliance/evidence.html", context))
    pack.add("style.css", render_to_string("compliance/evidence.css"))
    pack.add("verify.py", Path(evidence_verifier.__file__).read_text())
    manifest = pack.close(about)
    record(
        "evidence.exported",
        by=by,
        subject=scope.subject,
        text=f"Evidence pack: {scope.words}, {len(found)} entries.",
        reason=reason,
        details={"manifest": manifest, "head": head},
    )


class _Pack:
    """A ZIP file whose manifest names the SHA-256 of everything else in it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._sums: dict[str, str] = {}

    def add(self, name: str, text: str) -> None:
        content = text.encode()
        self._zip.writestr(name, content)
        self._sums[name] = hashlib.sha256(content).hexdigest()

    def close(self, about: Mapping[str, Any]) -> str:
        """Write the manifest; returns its SHA-256."""
        content = json.dumps({**about, "files": self._sums}, indent=1).encode()
        self._zip.writestr("manifest.json", content)
        self._zip.close()
        return hashlib.sha256(content).hexdigest()


def _array(rows: Iterable[Row]) -> str:
    """Rows as a JSON array, one row a line."""
    lines = (json.dumps(row, default=lambda value: value.isoformat()) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _chain(ids: list[int]) -> Iterator[dict[str, Any]]:
    """The seals from the first that covers one of these entries to the newest.

    The digests themselves are given only of those that cover one: the hash of the others is enough to follow the chain.
    """
    first = Seal.objects.filter(last_id__gte=ids[0]).order_by("number").defer("digests").first()
    if first is None:
        return
    for seal in Seal.objects.filter(number__gte=first.number).order_by("number").iterator(chunk_size=20):
        row = {
            "number": seal.number,
            "at": seal.at,
            "ids": seal.ids,
            "last_id": seal.last_id,
            "count": seal.count,
            "digests_sha256": hashlib.sha256(seal.digests).hexdigest(),
            "waiting": seal.waiting,
            "void": seal.void,
            "previous": seal.previous,
            "hash": seal.hash,
        }
        if any(_covers(span, ids) for span in seals.spans(seal.ids)):
            row["digests"] = bytes(seal.digests).hex()
        yield row


def _covers(span: tuple[int, int], ids: list[int]) -> bool:
    at = bisect_left(ids, span[0])
    return at < len(ids) and ids[at] <= span[1]
