"""Today, search, and what open pages ask: whether somebody is still logged in, and what stops work."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.desk import tour
from backoffice.desk.context import Frame
from backoffice.desk.palette import offer, pages_of, recalled
from backoffice.desk.today import gather
from backoffice.incoming import page_of_this_site
from backoffice.kit import search as searching
from backoffice.kit.polling import polled
from backoffice.kit.privacy import sees_at_once
from backoffice.logins.reveal import hide as hide_personal
from backoffice.logins.reveal import reveal as reveal_personal


@for_staff()
@never_cache
@require_safe
def today(request: StaffRequest) -> HttpResponse:
    """The start page: what waits, what needs attention, the progress of the day. htmx requests the inner part."""
    partial = polled(request, "today")
    gathered = gather(request.user)
    context = {
        "today": gathered,
        "looks_up": request.user.has_perm("accounts.view_retailuser") and not gathered.has_own_work,
        "shows_personal": sees_at_once(request.user),
        "tour": () if partial else tour.steps_for(request.user),
    }
    return render(request, "desk/_today_moved.html" if partial else "desk/today.html", context)


@for_staff()
@require_POST
def end_tour(request: StaffRequest) -> HttpResponse:
    """Show the guided tour no more."""
    tour.end(by=request.user)
    return redirect("desk:today")


@for_staff()
@never_cache
@require_http_methods(["GET", "POST"])
def search(request: StaffRequest) -> HttpResponse:
    """Anything: a single exact match is gone to at once, otherwise the matches are listed.

    What is searched for is posted, since a PAN or a mobile number has no place in an address or a proxy's log.
    """
    text = _asked(request)
    matches = searching.search(text, request.user)
    if len(matches) == 1 and matches[0].exact:
        return redirect(matches[0].url)
    return render(request, "desk/search.html", {"search_text": text, "matches": matches})


@for_staff()
@never_cache
@require_POST
def palette(request: StaffRequest) -> HttpResponse:
    """What the search offers while somebody types. Posted as well, and `recent` names ids only."""
    text = _asked(request)
    pages = pages_of(request.user, Frame(request).nav) if text else []
    offered = offer(text, request.POST.get("recent", ""), request.user, pages)
    return render(request, "desk/_palette.html", {"offered": offered, "palette_text": text})


@for_staff()
@never_cache
@require_POST
def recent(request: StaffRequest) -> HttpResponse:
    """The retail users whose pages somebody opened last; their browser names them, by ids only."""
    found = recalled(request.POST.get("recent", ""), request.user)
    return render(request, "desk/_recent.html", {"matches": found}) if found else HttpResponse(status=204)


def _asked(request: StaffRequest) -> str:
    return request.POST.get("q", "").replace("\x00", "").strip()[:100]


@for_staff()
@never_cache
@require_POST
def reveal(request: StaffRequest) -> HttpResponse:
    """Show the personal data of a retail user for the reason given, and go back to the page that asked."""
    back = page_of_this_site(request.POST.get("next", "")) or reverse("desk:today")
    try:
        reveal_personal(request, request.POST.get("lane", "")[:40], request.POST.get("reason", ""))
    except ValueError as error:
        messages.error(request, str(error))
    return redirect(back)


@for_staff()
@never_cache
@require_POST
def hide(request: StaffRequest) -> HttpResponse:
    """Hide the personal data of a retail user again, and go back to the page that asked."""
    hide_personal(request, request.POST.get("lane", "")[:40])
    return redirect(page_of_this_site(request.POST.get("next", "")) or reverse("desk:today"))


@login_not_required
@never_cache
@require_safe
def logged_in(request: StaffRequest) -> JsonResponse:
    """Who is logged in. Forms ask it before they are sent: an expired login would lose what was typed.

    A login brings a new CSRF token, so the answer carries the one that is good now.
    """
    known = request.user.is_authenticated
    person, name = (str(request.user.pk), str(request.user)) if known else ("", "")
    return JsonResponse({"logged_in": known, "person": person, "name": name, "token": get_token(request)})


@login_not_required
@never_cache
@require_safe
def state(request: StaffRequest) -> HttpResponse:
    """What stops work, and the session with ODIN, requested by every page. 204 if nothing has changed.

    Also 204 for an expired login: a redirect to the login would lose typed input.
    """
    if not request.user.is_authenticated or request.GET.get("seen") == Frame(request).seen:
        return HttpResponse(status=204)
    return render(request, "desk/_state_moved.html")
