"""One change for several selected retail users: the value is asked once, and a batch made of it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.filters import RetailUserFilter
from accounts.models import RetailUser
from backoffice.access import StaffRequest, for_staff
from backoffice.batches import selecting
from backoffice.batches.errors import BatchError, FileProblem
from backoffice.batches.operations import ALREADY_MADE, made_of
from backoffice.changes.files import FileKind
from backoffice.kit.components import Tab
from backoffice.kit.formats import indian
from backoffice.kit.forms import field_parts, typed
from backoffice.outside import form_token, wholes
from backoffice.protocol.fields import Records
from backoffice.protocol.findings import Finding

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How many of the selected users are shown beside the form; the batch has a row for each.
SHOWN = 10
#: Rows read from the database at a time.
AT_ONCE = 2000


@dataclass(frozen=True)
class Selection:
    """Selected retail users: ticked in the list, or all that match its filters."""

    users: QuerySet[RetailUser]
    filters: Mapping[str, list[str]] | None = None
    shown_filters: str = ""
    problem: str = ""

    @cached_property
    def count(self) -> int:
        """Count them; at most one more than fits into a batch."""
        return self.users.order_by()[: settings.BATCH_MAX_ROWS + 1].count()

    @property
    def words(self) -> str:
        """Return how many they are and how they were selected."""
        number = f"{indian(self.count, places=0)} retail user{'' if self.count == 1 else 's'}"
        if self.filters is None:
            return f"{number} ticked in the list"
        return f"All {number} that match {self.shown_filters}" if self.shown_filters else f"All {number}"

    @property
    def details(self) -> dict[str, Any]:
        """Return the details for the audit trail."""
        if self.filters is not None:
            return {"count": self.count, "filters": dict(self.filters)}
        return {"count": self.count, "users": [user.lane for user in self.users]}

    @property
    def why_not(self) -> str:
        """Return why no batch can be made of them; "" if one can."""
        if self.problem:
            return self.problem
        if not self.count:
            return "No retail user is selected. Go back to the list and tick some."
        if self.count > settings.BATCH_MAX_ROWS:
            most = indian(settings.BATCH_MAX_ROWS, places=0)
            return f"More than {most} retail users match, and a batch has at most {most} rows. Narrow the filters."
        return ""


def selection(query: QueryDict, person: "User") -> Selection:
    """Return the users in the page's address, by number or by the list's filters."""
    users = RetailUser.objects.order_by("group_id", "user_id")
    if "all" not in query:
        return Selection(users.filter(pk__in=wholes(query.getlist("user"))))
    filters = RetailUserFilter(query, queryset=users, request=_Asked(person))
    if filters.problems or filters.stage:
        problem = " ".join(filters.problems) or "New users are changed once they are approved and applied."
        return Selection(users.none(), {}, "", problem)
    labels = {name: str(field.label or name) for name, field in filters.form.fields.items()}
    chosen = {name: query.getlist(name) for name in labels if query.get(name)}
    shown = ", ".join(
        f"{labels[name]}: {_shown(filters, name, value)}"
        for name, values in chosen.items()
        for value in values
    )
    return Selection(filters.qs, chosen, shown)


@dataclass(frozen=True)
class _Asked:
    """The person, as filters expect it in a request."""

    user: "User"


def _shown(filters: RetailUserFilter, name: str, value: str) -> str:
    return dict(getattr(filters.form.fields[name], "choices", ())).get(value, value)


@never_cache
@for_staff("accounts.view_retailuser", "changes.add_change")
@require_http_methods(["GET", "POST"])
def several(request: StaffRequest) -> HttpResponse:
    """The form that asks a value once for all selected users, and makes a batch, which is checked at once."""
    chosen = selection(request.GET, request.user)
    offered = {file.slug: file for file in selecting.offered(request.user)}
    file = offered.get(request.GET.get("kind", "")) or next(iter(offered.values()), None)
    if file is None:
        raise PermissionDenied
    if request.method != "POST":
        if made := made_of(request.GET.get("token", ""), by=request.user):
            messages.info(request, ALREADY_MADE)
            return redirect(made)
        values = {name: column.field.initial for name, column in selecting.asked(file).items()}
        return _page(request, chosen, file, offered, values)
    values = {
        name: column.field.clean(typed(column.field, request.POST, name))
        for name, column in selecting.asked(file).items()
    }
    return _made(request, chosen, file, offered, values)


def _made(
    request: StaffRequest,
    chosen: Selection,
    file: FileKind,
    offered: Mapping[str, FileKind],
    values: Mapping[str, Any],
) -> HttpResponse:
    if chosen.why_not:
        return _page(request, chosen, file, offered, values)
    if request.POST.get("count") != str(chosen.count):
        problem = f"The list has changed: it is now {chosen.words[:1].lower()}{chosen.words[1:]}. Look again."
        return _page(request, chosen, file, offered, values, problem=problem)
    lanes = chosen.users.values_list("group_id", "user_id")
    if found := selecting.findings(file, values, list(lanes[: selecting.TRIED])):
        return _page(request, chosen, file, offered, values, findings=found)
    try:
        batch = selecting.propose(
            file,
            values,
            lanes.iterator(chunk_size=AT_ONCE),
            selected=chosen.words,
            details=chosen.details,
            by=request.user,
            token=form_token(request.POST.get("token", "")) or uuid.uuid4(),
        )
    except (BatchError, FileProblem) as error:
        return _page(request, chosen, file, offered, values, problem=error.words)
    return redirect(batch)


def _page(
    request: StaffRequest,
    chosen: Selection,
    file: FileKind,
    offered: Mapping[str, FileKind],
    values: Mapping[str, Any],
    *,
    findings: list[Finding] | None = None,
    problem: str = "",
) -> HttpResponse:
    by_path: dict[str, list[Finding]] = {}
    for finding in findings or []:
        by_path.setdefault(finding.path, []).append(finding)
    fields = {name: column.field for name, column in selecting.asked(file).items()}
    problem = problem or chosen.why_not
    context = {
        "chosen": chosen,
        "file": file,
        "tabs": [Tab(one.title, _with_kind(request, one.slug), one is file) for one in offered.values()],
        "parts": list(field_parts(fields, values, by_path, _rules(file)).values()),
        "findings": findings,
        "problem": problem,
        "users": chosen.users[:SHOWN] if not chosen.why_not else [],
        "more": max(chosen.count - SHOWN, 0),
        "token": request.POST.get("token") or uuid.uuid4(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/several.html", context, status=status)


def _rules(file: FileKind) -> Any:
    """The rules between fields: of the message, or of the record that each row is."""
    single = file.layout.message.fields.get(file.layout.single)
    return single.record.rules if isinstance(single, Records) else file.layout.message.rules


def _with_kind(request: StaffRequest, slug: str) -> str:
    query = request.GET.copy()
    query["kind"] = slug
    return f"?{query.urlencode()}"
