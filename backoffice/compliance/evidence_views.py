"""The page on which compliance makes an evidence pack."""

import re
import tempfile

from django.http import FileResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from backoffice.access import StaffRequest, for_staff
from backoffice.audit.evidence import Scope
from backoffice.compliance import evidence
from backoffice.compliance.forms import EvidenceForm
from backoffice.kit import privacy


@require_http_methods(["GET", "POST"])
@for_staff("audit.verify_entry", privacy.SEE)
def evidence_pack(request: StaffRequest) -> HttpResponseBase:
    """Make a pack and send it; nothing of it stays here. The form again where it cannot be made."""
    form = EvidenceForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        scope = Scope(given["subject"], given["since"], given["until"])
        file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
        try:
            evidence.make(scope, file, by=request.user, reason=given["reason"])
        except evidence.NoEvidence as error:
            file.close()
            form.add_error(None, str(error))
        else:
            file.seek(0)
            return FileResponse(file, as_attachment=True, filename=_name(scope))
    return render(request, "compliance/evidence_form.html", {"form": form, "most": evidence.MOST})


def _name(scope: Scope) -> str:
    about = re.sub(r"[^A-Za-z0-9]+", "-", scope.subject).strip("-") or "all"
    return f"evidence-{about}-{timezone.localtime():%Y%m%d-%H%M}.zip"
