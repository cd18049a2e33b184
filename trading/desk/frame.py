"""Shared by the pages of the order desk: access, the desk's owner, and the frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts import user_page
from accounts.models import RetailUser
from accounts.retail_users import by_lane
from backoffice.access import StaffRequest, for_staff
from backoffice.kit.components import Tab
from trading.desk.books import BOOKS
from trading.desk.rights import DEAL
from trading.models import DeskSession, SessionState
from trading.models.desk import desk_url

P = ParamSpec("P")


def page(
    *permissions: str,
) -> Callable[
    [Callable[Concatenate[StaffRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Let people with these permissions see the page; it does not exist while the desk is off."""

    def decorated(
        view: Callable[Concatenate[StaffRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def switched(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not settings.ORDER_DESK:
                raise Http404("The order desk is off.")
            return view(request, *args, **kwargs)

        plain: Callable[Concatenate[StaffRequest, P], HttpResponse] = switched
        return never_cache(for_staff("accounts.view_retailuser", *permissions)(plain))

    return decorated


def user_of(group_id: str, user_id: str) -> RetailUser:
    user = by_lane(f"{group_id}/{user_id}")
    if user is None:
        raise Http404("There is no such retail user.")
    return user


def frame(request: StaffRequest, user: RetailUser, row: DeskSession | None) -> dict[str, Any]:
    """The context of every page of a client's desk, including forms."""
    return {
        "lane": user.lane,
        "retail_user": user,
        "desk_session": row,
        "mine": bool(row and row.state == SessionState.OPEN and row.dealer_id == request.user.pk),
        "may_deal": request.user.has_perm(DEAL),
        "desk_url": desk_url(user.lane),
        "place_url": reverse("trading:place", args=[user.group_id, user.user_id]),
    }


def client_frame(
    request: StaffRequest, user: RetailUser, row: DeskSession | None, book: str = ""
) -> dict[str, Any]:
    """The context of `trading/desk/client_page.html`: a page of the retail user with the desk's own tabs.

    `book`: the name of the one that is shown.
    """
    books = [
        Tab(label, reverse("trading:book", args=[user.group_id, user.user_id, name]), current=name == book)
        for name, label in BOOKS.items()
    ]
    return {
        **user_page.frame(request, user.lane, user, "trading:client"),
        **frame(request, user, row),
        "desk_tabs": [Tab("Desk", desk_url(user.lane), current=not book), *books],
    }
