"""A retail user at a glance: the first tab of its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts import profile_page, tabs
from accounts.models import RetailUser
from accounts.proposals import Proposal
from backoffice.audit.models import Entry
from backoffice.changes.effects import effect
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change, State
from backoffice.changes.visibility import visible
from backoffice.kit import privacy
from backoffice.kit.templatetags.portal import optional_url
from backoffice.protocol.codes import Segment

#: How many events are shown, and how many accounts or settings of a kind; other tabs have the rest.
EVENTS, FEW = 5, 4
#: The rights in segments, as columns of the matrix.
RIGHTS = (
    ("trading_segments", "Trading"),
    ("market_data_segments", "Market data"),
    ("login_segments", "Login"),
)


@dataclass(frozen=True)
class Happened:
    """An event: a change with its status, or an entry outside changes ("" for the status)."""

    at: datetime
    what: str
    who: str
    url: str
    effect: str = ""
    status: str = ""


@dataclass(frozen=True)
class Allowed:
    """The segments of an exchange with a right of the retail user, by name; inactive ones are marked."""

    label: str
    segments: Sequence[tuple[str, bool]]


@dataclass(frozen=True)
class Few:
    """The first of some rows, and whether there are more."""

    rows: Sequence[Any]
    more: bool


def few(rows: QuerySet[Any]) -> Few:
    """Return as many rows as an overview shows."""
    found = list(rows[: FEW + 1])
    return Few(found[:FEW], len(found) > FEW)


def context(user: RetailUser, viewer: Any, proposed: Sequence[Proposal], shows: bool) -> dict[str, Any]:
    """Return the overview, in a fixed number of queries. `shows`: whether personal data is shown."""
    return {
        "sections": profile_page.sections(user, profile_page.OVERVIEW, proposed, shows),
        "segments": segments(user),
        "banks": few(user.banks.all()),
        "demats": few(user.demats.all()),
        "mf_ucc": getattr(user, "mf_ucc", None),
        "templates": few(user.templates.all()),
        "qvl_templates": few(user.qvl_templates.all()),
        "dealers": few(user.dealer_mappings.all()),
        "panels": [panel.of(user) for panel in tabs.PANELS if viewer.has_perm(panel.permission)],
        "happened": happened(user.lane, viewer, shows),
    }


def segments(user: RetailUser) -> list[tuple[str, list[Allowed]]]:
    """The market segments of a retail user: a row for each exchange, a cell for each right."""
    rows: dict[str, list[Segment]] = {}
    for segment in Segment:
        rows.setdefault(exchange(segment), []).append(segment)
    found = [
        (name, [_allowed(user, column, label, of) for column, label in RIGHTS]) for name, of in rows.items()
    ]
    return [(name, cells) for name, cells in found if any(cell.segments for cell in cells)]


def exchange(segment: Segment) -> str:
    """Return the exchange of a segment: the first word of its name, if that is one."""
    return "MF" if segment == Segment.MUTUAL_FUND else segment.label.split()[0]


def _allowed(user: RetailUser, column: str, label: str, of: Sequence[Segment]) -> Allowed:
    here = [segment for segment in of if segment.value in getattr(user, column)]
    return Allowed(label, [(_short(segment), segment.value in user.inactive_segments) for segment in here])


def _short(segment: Segment) -> str:
    """A segment's name without its exchange."""
    return segment.label.removeprefix(exchange(segment)).strip() or segment.label


def happened(lane: str, viewer: Any, shows: bool) -> list[Happened]:
    """The newest events, as far as the viewer may see them. Two queries."""
    changes = visible(viewer).filter(subject=lane).exclude(state=State.DRAFT).select_related("made_by")
    found = [_of_change(change, shows) for change in changes.order_by("-id")[:EVENTS]]
    if viewer.has_perm("audit.view_entry"):
        entries = Entry.objects.filter(subject=lane, change_id=None).select_related("by")
        found += [_of_entry(entry, shows) for entry in entries.order_by("-at", "-id")[:EVENTS]]
    return sorted(found, key=lambda one: one.at, reverse=True)[:EVENTS]


def _of_change(change: Change, shows: bool) -> Happened:
    kind = KINDS.get(change.kind)
    return Happened(
        at=change.submitted_at or change.created_at,
        what=f"{kind.title if kind else change.kind} (C-{change.pk})",
        who=str(change.made_by),
        url=change.get_absolute_url(),
        effect=effect(change, reveal=shows),
        status=change.status,
    )


def _of_entry(entry: Entry, shows: bool) -> Happened:
    return Happened(
        at=entry.at,
        what=privacy.words(entry.text, shows),
        who=entry.who,
        url=optional_url("compliance:detail", entry.pk),
    )
