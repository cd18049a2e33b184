"""Pages of the audit trail: the list and one entry. Nothing here can change an entry."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.views.generic import DetailView

from backoffice.audit.filters import EntryFilter
from backoffice.audit.models import Entry
from backoffice.audit.shown import differences, spaced
from backoffice.audit.tables import EntryTable
from backoffice.screens import privacy
from backoffice.screens.tables_base import ListView
from backoffice.screens.templatetags.portal import optional_url


class EntryList(ListView):
    """All audit entries."""

    permission_required = "audit.view_entry"
    queryset = Entry.objects.order_by("-at", "-id")
    table_class = EntryTable
    filterset_class = EntryFilter
    title = "Audit"
    template_name = "audit/list.html"
    subtitle = "Who did what to what, when, from where and why."
    nouns = ("entry", "entries")
    search_hint = "Retail user or staff"
    rare = ("outcome", "code", "reference", "change_id", "delivery_id", "request_id", "words")
    empty_icon = "audit"
    empty_title = "No audit entries"
    empty_text = "Every login, proposal, decision and message leaves an entry here."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the retail user whom the search names, so that what is hidden of them can be revealed here."""
        lane = self.request.GET.get("q", "").strip().upper()
        return super().get_context_data(**kwargs) | {
            "lane": lane,
            "may_reveal": privacy.may_reveal(self.request, lane),
            "story_url": story_url(lane, self.request.user),
            "list_tools": "audit/_tools.html",
            "may_see_personal": privacy.sees(self.request.user),
        }


class EntryPage(LoginRequiredMixin, PermissionRequiredMixin, DetailView):
    """One audit entry with everything it holds."""

    permission_required = "audit.view_entry"
    model = Entry
    template_name = "audit/detail.html"
    context_object_name = "entry"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.object
        shows = privacy.shown(self.request, entry.subject)
        details = entry.details if shows else privacy.hide_values(entry.details)
        return super().get_context_data(**kwargs) | {
            "lane": entry.subject,
            "shows_personal": shows,
            "may_reveal": privacy.may_reveal(self.request, entry.subject),
            "differences": differences(entry, shows),
            "story_url": story_url(entry.subject, self.request.user),
            # The message's text is shown by itself.
            "facts": [(spaced(name), value) for name, value in details.items() if name != "sent"],
        }


def story_url(lane: str, person: Any) -> str:
    """The time line of a retail user that somebody may see; "" for anything else."""
    if not privacy.known(lane, person):
        return ""
    url = optional_url("accounts:detail", *lane.split("/", 1))
    return url and f"{url}?tab=history"
