"""Forms by which clients are asked for consent, and a signed form is entered."""

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django import forms

from backoffice.free_text import REASON_LENGTH
from backoffice.kit.filters import DayField, RupeesField
from backoffice.kit.widgets import FileInput
from backoffice.protocol.bent import plain_amount
from partners import consents, signed_forms
from partners.consents import Terms
from partners.invitations import MOST_CLIENTS
from partners.models import Partner
from partners.models.registry import PartnerState


class CapField(RupeesField):
    """A cap in rupees, with or without the sign and commas."""

    def to_python(self, value: Any) -> Any:
        """The amount. Raises ValidationError."""
        return super().to_python(plain_amount(str(value or "")))


class TermsForm(forms.Form):
    """A partner's product, and the terms of a consent to its orders."""

    product = forms.ChoiceField(label="Partner and product")
    cap_run = CapField(label="Cap of one basket", help_text="Most that one basket may cost the client.")
    cap_day = CapField(label="Cap of a day", help_text="Most that all baskets of a day may cost.")
    until = DayField(label="Valid until", help_text="The end of this day; a year at most.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["product"]
        choices.choices = [
            (f"{one.code}/{row['code']}", f"{one.name}: {row.get('name') or row['code']}")
            for one in Partner.objects.filter(state=PartnerState.ACTIVE)
            for row in one.products
            if not consents.forbidden(one, row["code"])
        ]

    def terms(self) -> Terms:
        """The terms that were typed."""
        found = self.cleaned_data
        return Terms(found["cap_run"], found["cap_day"], signed_forms.end_of(found["until"]))

    def chosen(self) -> tuple[Partner, str]:
        """The partner and the product code."""
        code, _, product = self.cleaned_data["product"].partition("/")
        return Partner.objects.get(code=code), product


class AskForm(TermsForm):
    """The clients to ask for consent, and its terms."""

    clients = forms.CharField(
        widget=forms.Textarea({"rows": 4, "spellcheck": "false", "class": "mono"}),
        max_length=MOST_CLIENTS * 45,
        help_text=f"GROUP/USER, one a line, {MOST_CLIENTS:,} at most.",
    )

    def lanes(self) -> Iterable[str]:
        """The retail users that were typed."""
        return re.split(r"[\s,;]+", self.cleaned_data["clients"])


class EnterForm(TermsForm):
    """A signed form: client, terms, where the paper is, and its scan. The token makes two clicks one change."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    client = forms.CharField(label="Retail user", max_length=41, help_text="GROUP/USER.")
    evidence = forms.CharField(
        label="Where the paper is",
        max_length=signed_forms.EVIDENCE_LENGTH,
        help_text="Such as the number of its folder.",
    )
    file = forms.FileField(
        label="Scan of the signed form",
        allow_empty_file=True,  # the operation reports errors, and what to do
        widget=FileInput(signed_forms.LIMIT, ".pdf,.jpg,.jpeg,.png"),
        help_text="PDF, JPEG or PNG, 5 MiB at most.",
        error_messages={"required": "Choose a file.", "invalid": "Choose a file."},
    )
    reason = forms.CharField(max_length=REASON_LENGTH, widget=forms.Textarea({"rows": 2}))

    def says_terms(self) -> bool:
        """Whether the terms can be read, whatever else is still missing, which is then not complained about."""
        wrong = [name for name in self.errors if name in TermsForm.base_fields]
        for name in [name for name in self.errors if name not in wrong]:
            del self.errors[name]
        return not wrong
