"""The page on which many deposits are typed at once."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.access import StaffRequest, for_staff
from backoffice.batches.errors import FileProblem, NotAllowed
from backoffice.batches.operations import ALREADY_MADE, made_of
from backoffice.free_text import REASON_LENGTH
from backoffice.kit.formats import rupees
from backoffice.kit.names import offered
from backoffice.outside import form_token
from limits import deposit_grid
from limits.deposit_grid import GridNotFine, GridRow

#: Rows of an empty grid, and so many that "Add rows" adds.
BLANK = 5

may_enter = for_staff("changes.add_change", "accounts.view_retailuser")


@never_cache
@require_http_methods(["GET", "POST"])
@may_enter
def enter(request: StaffRequest) -> HttpResponse:
    """The grid. Errors of a row appear in it, and typed values stay."""
    if request.method != "POST":
        if made := made_of(request.GET.get("token", ""), by=request.user):
            messages.info(request, ALREADY_MADE)
            return redirect(made)
        return _grid(request, [], token=uuid.uuid4())
    rows = deposit_grid.read({name: request.POST.getlist(name) for name in deposit_grid.COLUMNS})
    token = form_token(request.POST.get("token", "")) or uuid.uuid4()
    if request.POST.get("press") == "add":
        return _grid(request, rows, token=token)
    try:
        batch = deposit_grid.propose(
            request.POST.get("kind", ""),
            rows,
            request.POST.get("product", "")[:20],
            by=request.user,
            token=token,
            reason=request.POST.get("reason", ""),
            warnings_seen=request.POST.get("warnings_seen") == "yes",
        )
    except GridNotFine as error:
        return _grid(
            request, rows, token=token, problem=error.words, at=error.at, warned=error.warned, code=422
        )
    except NotAllowed as error:
        return _grid(request, rows, token=token, problem=error.words, code=403)
    except FileProblem as error:
        return _grid(request, rows, token=token, problem=error.words, code=422)
    messages.success(request, f"Submitted: {batch.label}, {rupees(batch.control_total)}.")
    return redirect(batch)


@never_cache
@require_POST
@may_enter
def names(request: StaffRequest) -> JsonResponse:
    """The names of codes. Request and answer are posted, so that neither is in an address."""
    codes = [code.strip()[:40] for code in request.POST.getlist("code")[: deposit_grid.MOST]]
    found = deposit_grid.users_of(codes)
    return JsonResponse({"names": {code: _words(found[code.upper()]) for code in codes if code}})


def _words(users: list[Any]) -> dict[str, str]:
    if len(users) == 1:
        return {"name": users[0].name, "lane": users[0].lane}
    trouble = "In several groups: type GROUP/CODE" if users else "No such retail user"
    return {"trouble": trouble}


def _grid(
    request: StaffRequest,
    rows: list[GridRow],
    *,
    token: uuid.UUID,
    problem: str = "",
    at: str = "",
    warned: bool = False,
    code: int = 200,
) -> HttpResponse:
    sent = max(len(request.POST.getlist(name)) for name in deposit_grid.COLUMNS)
    blank = max(sent - len(rows), 0) if problem else BLANK
    shown = [*rows, *(GridRow() for _ in range(min(blank, deposit_grid.MOST - len(rows))))]
    context = {
        "rows": shown,
        "blank": GridRow(),
        "total": deposit_grid.total(rows),
        "kinds": deposit_grid.KINDS.items(),
        "products": offered("products"),
        "chosen": {name: request.POST.get(name, "") for name in ("kind", "product", "reason")},
        "most": deposit_grid.MOST,
        "longest": deposit_grid.LONGEST,
        "reason_length": REASON_LENGTH,
        "token": token,
        "problem": problem,
        "at": at,
        "warned": warned,
    }
    return render(request, "limits/deposits.html", context, status=code)
