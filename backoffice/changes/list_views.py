"""The lists of changes: what waits for me, what I asked for, all."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from backoffice.access import StaffRequest, for_staff
from backoffice.changes import drafts
from backoffice.changes.deciders import decided_by, may_propose, visible_to
from backoffice.changes.filters import ChangeFilter, DraftsFilter, InboxFilter, MineFilter
from backoffice.changes.inbox import QUEUES, Queue
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change, State
from backoffice.changes.tables import ChangeTable, DraftsTable, InboxTable, MineTable, for_lists
from backoffice.changes.visibility import visible, waiting_for
from backoffice.kit.components import Tab
from backoffice.kit.list_view import ListView
from backoffice.kit.tables_base import PortalTable
from backoffice.outside import wholes

#: How many files the inbox shows: their own list has the rest.
WHOLES = 25


@dataclass(frozen=True)
class Whole:
    """Things decided as a whole: the oldest of them in a table, and how many there are."""

    queue: Queue
    table: PortalTable
    total: int


def proposes(person: Any) -> bool:
    """Whether this person may propose changes of any kind."""
    return any(may_propose(person, kind) for kind in KINDS.values())


def tabs(person: Any, current: str) -> list[Tab]:
    """Return the lists of this person, the present one marked."""
    pages = [
        ("inbox", "Waiting for me", bool(decided_by(person))),
        ("mine", "My requests", proposes(person)),
        ("drafts", "Drafts", proposes(person)),
        ("list", "All", True),
    ]
    return [
        Tab(label, reverse(f"changes:{name}"), name == current) for name, label, theirs in pages if theirs
    ]


class ChangeList(ListView):
    """All changes, and one's own drafts."""

    model = Change
    template_name = "changes/list.html"
    table_class = ChangeTable
    filterset_class = ChangeFilter
    title = "Changes"
    subtitle = "What makers propose and checkers decide. Nothing goes to ODIN without a second person."
    nouns = ("change", "changes")
    search_hint = "User, number or reason"
    empty_icon = "changes"
    empty_title = "No changes yet"
    empty_text = "A change appears here when a maker proposes something: a new retail user, for example."
    page = "list"

    def has_permission(self) -> bool:
        return bool(visible_to(self.request.user))

    def get_queryset(self) -> QuerySet[Change]:
        return for_lists(visible(self.request.user))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"tabs": tabs(self.request.user, self.page)}


class Mine(ChangeList):
    """One's own requests, including drafts."""

    table_class = MineTable
    filterset_class = MineFilter
    title = "My requests"
    subtitle = "What you proposed, and its status. Open one to withdraw it or start again."
    empty_title = "You have asked for nothing yet"
    empty_text = (
        "What you propose appears here: drafts, what waits for a checker, what came back to you and why."
    )
    page = "mine"

    def has_permission(self) -> bool:
        return proposes(self.request.user)

    def get_queryset(self) -> QuerySet[Change]:
        return for_lists(Change.objects.filter(made_by=self.request.user))


class Drafts(Mine):
    """One's own drafts, to edit again or discard several at once."""

    template_name = "changes/drafts.html"
    table_class = DraftsTable
    filterset_class = DraftsFilter
    title = "Drafts"
    subtitle = "What you began and have not submitted. Only you see it."
    nouns = ("draft", "drafts")
    empty_title = "You have no drafts"
    empty_text = "A form that you leave before you submit it is kept here."
    page = "drafts"

    def get_queryset(self) -> QuerySet[Change]:
        return super().get_queryset().filter(state=State.DRAFT)


@require_POST
@for_staff()
def discard_drafts(request: StaffRequest) -> HttpResponse:
    """Discard the selected drafts."""
    count = drafts.discard(wholes(request.POST.getlist("draft")), by=request.user)
    if count:
        messages.success(request, f"{count} draft{'' if count == 1 else 's'} deleted.")
    else:
        messages.error(request, "Nothing was deleted. Choose the drafts first.")
    return redirect("changes:drafts")


class Inbox(ChangeList):
    """Changes that wait for this checker, oldest first."""

    template_name = "changes/inbox.html"
    table_class = InboxTable
    filterset_class = InboxFilter
    title = "Waiting for me"
    subtitle = "What you may decide, oldest first. A file is decided as a whole, on its page."
    nouns = ("change waits", "changes wait")
    empty_icon = "inbox"
    empty_title = "Nothing waits for you"
    empty_text = "Changes that others submit appear here."
    page = "inbox"

    def has_permission(self) -> bool:
        return bool(decided_by(self.request.user))

    def get_queryset(self) -> QuerySet[Change]:
        return for_lists(waiting_for(self.request.user)).prefetch_related("approvals")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Put files and similar things that match the filters before the single changes."""
        context = super().get_context_data(**kwargs)
        wholes = [whole for queue in QUEUES if (whole := self._whole(queue)).total]
        if wholes:
            context["empty"] = {
                "icon": self.empty_icon,
                "title": "No single change waits for you",
                "text": "Decide the items above, each on its own page.",
            }
        return context | {"wholes": wholes, "before_results": "changes/_wholes.html"}

    def _whole(self, queue: Queue) -> Whole:
        waiting = queue.waiting(self.request.user).order_by("submitted_at", "pk")
        found = queue.filterset(self.request.GET, waiting, request=self.request).qs
        return Whole(queue, queue.table(found[:WHOLES]), found.count())
