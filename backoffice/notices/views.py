"""One's own notices, their mails, and the choice of notification."""

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.changes import inbox
from backoffice.changes.subjects import names_of
from backoffice.logins.models import User
from backoffice.notices import mails, operations
from backoffice.notices.models import Mail, Mode, Notice

#: How many of one's notices and mails are listed.
LISTED, MAILS_LISTED = 50, 5


@never_cache
@require_safe
@for_staff()
def own(request: StaffRequest) -> HttpResponse:
    """What waits for the person or came back, newest first, and the choice of notification."""
    person = request.user
    subject, text = mails.preview(person)
    listed = list(_listed(person))
    names = names_of([notice.change for notice in listed if notice.change])
    context = {
        "waiting": inbox.count(person),
        "notices": [(notice, names.get(notice.subject, "")) for notice in listed],
        "most": LISTED,
        "mode": operations.mode_of(person),
        "modes": Mode.choices,
        "mails": Mail.objects.filter(person=person)[:MAILS_LISTED],
        "next_subject": subject,
        "next_text": text,
        "next_digest": operations.next_digest(timezone.now()),
        "is_off": not settings.EMAIL_HOST,
        "digest_at": settings.NOTICE_DIGEST_AT,
    }
    return render(request, "notices/list.html", context)


@never_cache
@require_safe
@for_staff()
def look(request: StaffRequest, pk: int) -> HttpResponse:
    """Open the change or file of a notice, and mark the notice as read."""
    notice = operations.read(request.user, pk)
    if notice is None:
        raise Http404("You have no such notice.")
    return redirect(notice.page)


@require_POST
@for_staff()
def read_all(request: StaffRequest) -> HttpResponse:
    """Mark all that came back as read."""
    operations.read_all(request.user)
    return redirect("notices:list")


def _listed(person: User) -> QuerySet[Notice]:
    """Return a person's newest notices with the shown columns of their changes and files."""
    of_them = ("change__kind", "change__subject", "change__messages", "batch__kind", "batch__file_name")
    own = ("mail__state", "event", "over_at", "due_at", "created_at")
    found = Notice.objects.filter(person=person).select_related("change", "batch", "mail")
    return found.only(*of_them, *own)[:LISTED]


@require_POST
@for_staff()
def choose(request: StaffRequest) -> HttpResponse:
    """Choose how to be notified by e-mail."""
    try:
        operations.choose(request.POST.get("mode", ""), by=request.user)
    except ValueError:
        messages.error(request, "Choose one of the three.")
    else:
        messages.success(request, "Your choice is saved.")
    return redirect("notices:list")
