"""The form of a proposal."""

import re
from collections.abc import Iterable

from django import forms

from backoffice.free_text import REASON_LENGTH
from runs.operations import MOST_CLIENTS


class RunForm(forms.Form):
    """For which clients, and why."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    clients = forms.CharField(
        widget=forms.Textarea({"rows": 4, "spellcheck": "false", "class": "mono"}),
        max_length=MOST_CLIENTS * 45,
        help_text=f"GROUP/USER, one a line, {MOST_CLIENTS} at most.",
    )
    reason = forms.CharField(max_length=REASON_LENGTH, widget=forms.Textarea({"rows": 2}))

    def lanes(self) -> Iterable[str]:
        """The retail users that were typed."""
        return re.split(r"[\s,;]+", self.cleaned_data["clients"])
