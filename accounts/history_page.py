"""The history of a retail user for its page: a card for each change, a line for other entries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts import history_export
from accounts.history import History, Place, chosen
from backoffice.access import StaffRequest, for_staff
from backoffice.audit.models import Entry
from backoffice.changes.effects import effect
from backoffice.changes.kinds import title
from backoffice.changes.models import Change
from backoffice.changes.presentation import told_messages
from backoffice.changes.steps import RELATED, of_change
from backoffice.delivery.models import Delivery
from backoffice.exports.views import export_list
from backoffice.kit import privacy
from backoffice.kit.components import Event
from backoffice.kit.message_words import REFERENCE
from backoffice.kit.steps import ENDS, Step
from backoffice.kit.templatetags.portal import optional_url
from backoffice.protocol.explanation import Line

#: How many changes and lines are on a page, and how many entries of its changes.
PAGE, ENTRIES = 20, 200
#: Entries that the steps and deliveries of a card show already.
TOLD_BY_STEPS = (
    *("change.submitted", "change.approved", "change.first_approval", "change.rejected", "change.withdrawn"),
    *("delivery.claimed", "delivery.applied", "delivery.refused", "delivery.not_applied", "delivery.unknown"),
)


@dataclass(frozen=True)
class Card:
    """One change. `changed` are values that change, `new` those without a known previous value."""

    change: Change
    title: str
    effect: str
    steps: Sequence[Step]
    reason: str
    remarks: str
    changed: Sequence[Line]
    new: Sequence[Line]
    deliveries: Sequence[Delivery]
    further: Sequence[Event]

    @property
    def ended_badly(self) -> bool:
        """Whether it was not approved, or not applied."""
        return bool(self.steps) and self.steps[-1].stage in ENDS


def context(request: StaffRequest, lane: str, shows: bool) -> dict[str, Any]:
    """Return a page of the history: the newest, or from the position in the address on.

    `shows`: whether personal data is shown.
    """
    place = Place.read(request.GET.get("after", ""))
    found = _of(request, lane)
    merged = found.after(place, PAGE + 1)
    shown = [one for one, _ in merged[:PAGE]]
    cards = _cards([one for one in shown if isinstance(one, Change)], request, shows)
    return {
        "items": [cards[one.pk] if isinstance(one, Change) else _line(one, shows) for one in shown],
        "filter": found.filters,
        "problems": found.filters.problems,
        "filtered": any(request.GET.get(name) for name in found.filters.Meta.fields),
        "newest": _address(request),
        "earlier": _address(request, str(merged[PAGE - 1][1])) if len(merged) > PAGE else "",
        "paged": place != Place(),
        "csv_url": f"{reverse('accounts:history_csv', args=lane.split('/', 1))}?{request.GET.urlencode()}",
        "may_export": request.user.has_perm(history_export.KIND.permission),
        "gives_reason": privacy.gives_reason(request.user),
    }


@require_POST
@for_staff("accounts.view_retailuser", history_export.KIND.permission)
def download(request: StaffRequest, group_id: str, user_id: str) -> HttpResponseBase:
    """Export the filtered history as a CSV file, with an audit entry."""
    lane = f"{group_id}/{user_id}"
    if problems := _of(request, lane).filters.problems:
        messages.error(request, f"Nothing was exported. {' '.join(problems)}")
        return redirect(f"{reverse('accounts:detail', args=[group_id, user_id])}?{request.GET.urlencode()}")
    return export_list(request, history_export.KIND.slug, history_export.parameters(request, lane))


def _of(request: StaffRequest, lane: str) -> History:
    return chosen(lane, **history_export.seen_by(request))


def _address(request: StaffRequest, after: str = "") -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if after:
        query["after"] = after
    return f"?{query.urlencode()}"


def _cards(changes: list[Change], request: StaffRequest, shows: bool) -> dict[int, Card]:
    """Return the cards of these changes by id, in a fixed number of queries."""
    prefetch_related_objects(changes, *RELATED)
    further = _further([change.pk for change in changes], request, shows)
    may_see_deliveries = request.user.has_perm("delivery.view_delivery")
    return {
        change.pk: _card(change, shows, further[change.pk], may_see_deliveries=may_see_deliveries)
        for change in changes
    }


def _card(change: Change, shows: bool, further: Sequence[Event], *, may_see_deliveries: bool) -> Card:
    lines = [line for shown in told_messages(change, reveal=shows) for line in shown.lines]
    lines = [line for line in lines if line.name != REFERENCE]
    return Card(
        change=change,
        title=title(change.kind),
        effect=effect(change, reveal=shows),
        steps=of_change(change),
        reason=privacy.words(change.reason, shows),
        remarks=privacy.words(change.decision_reason, shows),
        changed=[line for line in lines if line.kind in ("changed", "cleared")],
        new=[line for line in lines if line.kind == "new"],
        deliveries=sorted(change.deliveries.all(), key=lambda one: one.pk) if may_see_deliveries else [],
        further=further,
    )


def _further(numbers: list[int], request: StaffRequest, shows: bool) -> defaultdict[int, list[Event]]:
    """Return further audit entries of these changes: comments, settlements, holds, in order."""
    found: defaultdict[int, list[Event]] = defaultdict(list)
    if request.user.has_perm("audit.view_entry"):
        entries = Entry.objects.filter(change_id__in=numbers).exclude(action__in=TOLD_BY_STEPS)
        for entry in entries.select_related("by").order_by("pk")[:ENTRIES]:
            found[int(entry.change_id or 0)].append(_line(entry, shows))
    return found


def _line(entry: Entry, shows: bool) -> Event:
    return Event(
        at=entry.at,
        who=entry.who,
        what=privacy.words(entry.text, shows),
        why=privacy.words(entry.reason, shows),
        url=optional_url("compliance:detail", entry.pk),
    )
