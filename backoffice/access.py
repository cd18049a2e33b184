"""Who may open a page: a view for staff gets a request whose user is a member of staff, to the type checker too."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.http import HttpRequest, HttpResponseBase
from django.views.generic import DetailView
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from backoffice.logins.models import User

P = ParamSpec("P")
Answer = TypeVar("Answer", bound=HttpResponseBase)


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

    Who is not logged in is sent to the login; raises PermissionDenied for others.
    """

    def decorated(
        view: Callable[Concatenate[StaffRequest, P], Answer],
    ) -> Callable[Concatenate[HttpRequest, P], Answer]:
        plain = cast(Callable[..., Any], view)
        return login_required(permission_required(permissions, raise_exception=True)(plain))

    return decorated


class StaffDetailView(LoginRequiredMixin, PermissionRequiredMixin, DetailView):
    """A page about one thing, for members of staff who have its `permission_required`."""

    request: StaffRequest
