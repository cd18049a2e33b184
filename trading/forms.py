"""The form of an access check. Password and second factor are not fields, since a form may be shown again."""

from django import forms

from backoffice.free_text import REASON_LENGTH
from trading.models import Identified
from trading.operations import factors


class CheckForm(forms.Form):
    """Why, how the client was identified, and which second factor the client has."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Reason", max_length=REASON_LENGTH, widget=forms.TextInput({"autocomplete": "off"})
    )
    identified = forms.ChoiceField(
        label="How was the client identified?", choices=[("", "Choose…"), *Identified.choices]
    )
    factor = forms.ChoiceField(label="Second factor", choices=factors)
