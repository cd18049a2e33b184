"""Pages of the audit trail: the list and one entry. Nothing here can change an entry."""

from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.views.generic import DetailView

from backoffice.audit.filters import EntryFilter
from backoffice.audit.models import Entry
from backoffice.audit.tables import EntryTable
from backoffice.screens.tables_base import ListView


class EntryList(ListView):
    """All audit entries."""

    permission_required = "audit.view_entry"
    model = Entry
    table_class = EntryTable
    filterset_class = EntryFilter
    title = "Audit"
    subtitle = "Who did what to what, when, from where and why."
    nouns = ("entry", "entries")
    search_hint = "Retail user or words"
    empty_icon = "audit"
    empty_title = "No audit entries"
    empty_text = "Every login, proposal, decision and message leaves an entry here."


class EntryPage(LoginRequiredMixin, PermissionRequiredMixin, DetailView):
    """One audit entry with everything it holds."""

    permission_required = "audit.view_entry"
    model = Entry
    template_name = "audit/detail.html"
    context_object_name = "entry"
