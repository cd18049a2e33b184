"""Who may open a page: a view for staff gets a request whose user is a member of staff, to the type checker too."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.views.generic import DetailView
from django_htmx.middleware import HtmxDetails

from backoffice.incoming import came_from

if TYPE_CHECKING:
    from backoffice.logins.models import User

P = ParamSpec("P")
Answer = TypeVar("Answer", bound=HttpResponseBase)


LOGGED_OUT = "You had been logged out, and nothing was submitted. Log in and do it again."


class StaffRequest(HttpRequest):
    """A request of somebody who is logged in. For annotations: the request itself is Django's."""

    user: "User"
    htmx: HtmxDetails


def for_staff(
    *permissions: str,
) -> Callable[
    [Callable[Concatenate[StaffRequest, P], Answer]], Callable[Concatenate[HttpRequest, P], Answer]
]:
    """A view for members of staff who have all these permissions.

    Who is not logged in is sent to the login, and after it to the page whose form was sent. Raises PermissionDenied
    for others.
    """

    def decorated(
        view: Callable[Concatenate[StaffRequest, P], Answer],
    ) -> Callable[Concatenate[HttpRequest, P], Answer]:
        plain = cast(Callable[..., Any], view)
        permitted = login_required(permission_required(permissions, raise_exception=True)(plain))

        @wraps(permitted)
        def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> Any:
            if request.method == "POST" and not request.user.is_authenticated:
                # The address of a form often takes nothing else: after the login it would answer with an error.
                messages.warning(request, LOGGED_OUT)
                return redirect_to_login(came_from(request))
            return permitted(request, *args, **kwargs)

        return cast(Callable[Concatenate[HttpRequest, P], Answer], answer)

    return decorated


class StaffDetailView(LoginRequiredMixin, PermissionRequiredMixin, DetailView):
    """A page about one thing, for members of staff who have its `permission_required`."""

    request: StaffRequest
