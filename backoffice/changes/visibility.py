"""Which changes a person sees, and which wait for them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from backoffice.access import StaffRequest, for_staff
from backoffice.changes.deciders import decided_by, open_to, visible_to
from backoffice.changes.models import Change, State

P = ParamSpec("P")


def visible(person: Any) -> QuerySet[Change]:
    """Return the changes that this person may see: a draft is its maker's alone."""
    changes = Change.objects.filter(~Q(state=State.DRAFT) | Q(made_by=person))
    return changes if person.has_perm("changes.view_change") else changes.filter(kind__in=visible_to(person))


def proposed_to(lane: str, person: Any) -> bool:
    """Whether a change that this person may see is on the retail user `GROUP/USER`, who may not exist yet."""
    return visible(person).filter(subject=lane).exists()


def waiting_for(person: Any) -> QuerySet[Change]:
    """Return the submitted changes that this person may decide: not their own, nor already approved by them.

    Changes of a file are decided with it.
    """
    submitted = Change.objects.filter(state=State.SUBMITTED, batch=None, kind__in=decided_by(person))
    return open_to(person, submitted)


def sees_changes(
    view: Callable[Concatenate[StaffRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Lets in people who may see changes of some kind; others get an error page."""

    @wraps(view)
    def guarded(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not visible_to(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return for_staff()(guarded)
