"""Forms of the audit trail."""

from typing import Any

from django import forms

from backoffice.free_text import REASON_LENGTH
from backoffice.kit.filters import DayField


class ReasonForm(forms.Form):
    """Why an evidence pack is made."""

    reason = forms.CharField(
        max_length=REASON_LENGTH, label="Reason", help_text="The audit trail and the pack keep it."
    )


class EvidenceForm(ReasonForm):
    """What an evidence pack is about, and why it is made."""

    subject = forms.CharField(
        max_length=80,
        required=False,
        label="Retail user",
        help_text="GROUP/USER. Blank: all retail users.",
    )
    since = DayField(required=False, label="From")
    until = DayField(required=False, label="To")
    field_order = ("subject", "since", "until", "reason")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if not given.get("subject") and not (since and until) and not self.errors:
            self.add_error(None, "Name a retail user, or both days.")
        if since and until and since > until:
            self.add_error("until", "The last day is before the first.")
        return given
