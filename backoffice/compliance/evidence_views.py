"""The page on which compliance makes an evidence pack."""

import re
import tempfile

from django.http import FileResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from backoffice.access import StaffRequest, for_staff
from backoffice.audit.evidence import Scope
from backoffice.changes.models import Change, State
from backoffice.changes.visibility import visible
from backoffice.compliance import evidence
from backoffice.compliance.forms import EvidenceForm, ReasonForm
from backoffice.kit import privacy
from backoffice.outside import whole


@require_http_methods(["GET", "POST"])
@for_staff("audit.verify_entry", privacy.SEE)
def evidence_pack(request: StaffRequest) -> HttpResponseBase:
    """Make a pack and send it; nothing of it stays here. The form again where it cannot be made.

    `?change=12`: of that change.
    """
    change = _change(request)
    make_form = ReasonForm if change else EvidenceForm
    form = make_form(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        about = {name: given[name] for name in ("subject", "since", "until") if name in given}
        scope = Scope(change.subject, change=change.pk) if change else Scope(**about)
        file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
        try:
            evidence.make(scope, file, by=request.user, reason=given["reason"])
        except evidence.NoEvidence as error:
            file.close()
            form.add_error(None, str(error))
        else:
            file.seek(0)
            return FileResponse(file, as_attachment=True, filename=_name(scope))
    return render(
        request, "compliance/evidence_form.html", {"form": form, "most": evidence.MOST, "change": change}
    )


def _change(request: StaffRequest) -> Change | None:
    """The change that the address names, if any. Raises Http404 where the person may not see it."""
    if "change" not in request.GET:
        return None
    submitted = visible(request.user).exclude(state=State.DRAFT)
    return get_object_or_404(submitted, pk=whole(request.GET["change"]))


def _name(scope: Scope) -> str:
    named = scope.words if scope.change else scope.subject
    about = re.sub(r"[^A-Za-z0-9]+", "-", named).strip("-") or "all"
    return f"evidence-{about}-{timezone.localtime():%Y%m%d-%H%M}.zip"
