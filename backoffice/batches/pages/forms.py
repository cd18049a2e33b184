"""The small forms of the pages of batches. The protocol, not this module, validates rows."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms

from backoffice.batches.file import uploads
from backoffice.batches.models import Mode
from backoffice.changes.files import FileGroup, FileKind
from backoffice.changes.kinds import file_kinds
from backoffice.delivery.forms import NotBeforeForm
from backoffice.free_text import REASON_LENGTH
from backoffice.kit.filters import RupeesField
from backoffice.kit.widgets import FileInput
from backoffice.outside import MOST_DIGITS

#: The last row that may contain the headers.
LAST_HEADER = 1000


def kinds_by_group() -> list[tuple[str, list[FileKind]]]:
    """Return the registered kinds of file by group, in the order of registration."""
    kinds = file_kinds().values()
    return [(group.value, [kind for kind in kinds if kind.group == group]) for group in FileGroup]


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds of file for a filter, in the order of their groups."""
    return [(kind.slug, kind.title) for _, kinds in kinds_by_group() for kind in kinds]


class UploadForm(forms.Form):
    """A file of a kind. The token makes two clicks one batch; `corrects` is the batch whose failed rows it corrects."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    corrects = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=1, max_value=10**MOST_DIGITS - 1
    )
    file = forms.FileField(
        label="File",
        allow_empty_file=True,  # the operation reports errors, and what to do
        widget=FileInput(uploads.limit, ".csv,.txt,.tsv,.xlsx"),
        error_messages={"required": "Choose a file.", "invalid": "Choose a file."},
    )


class HeadersForm(forms.Form):
    """Where the headers of a file are."""

    sheet = forms.ChoiceField(label="Sheet", error_messages={"invalid_choice": "Choose one of the sheets."})
    header_row = forms.IntegerField(
        label="Header row",
        min_value=1,
        max_value=LAST_HEADER,
        help_text="Rows above it are not read.",
        error_messages={
            "required": "Type the number of the row that names the columns.",
            "invalid": "Type the number of the row that names the columns.",
        },
    )

    def __init__(self, *args: Any, shape: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"sheet": shape.get("sheet", ""), "header_row": shape.get("header_row", 1)}
        sheets = shape.get("sheets", [])
        field: Any = self.fields["sheet"]
        field.choices = [(title, title) for title in sheets]
        field.required = bool(sheets)
        if len(sheets) < 2:
            field.widget = forms.HiddenInput()


class SubmitForm(NotBeforeForm):
    """How a checked file is proposed. Money needs a control total; messages to ODIN may have a time."""

    mode = forms.ChoiceField(
        choices=Mode.choices, widget=forms.RadioSelect, initial=Mode.ALL, label="What goes to the checker"
    )
    control_total = RupeesField(
        label="Control total (rupees)",
        help_text="Enter the total from the source document, not from this page.",
        error_messages={"required": "Type the control total."},
    )
    reason = forms.CharField(
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The checker and the audit trail see it. For example “KYC file of branch 12”.",
        error_messages={"required": "Give a reason: the checker and the audit trail need it."},
    )

    def __init__(self, *args: Any, money: bool, wrong: int, local: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if local:
            del self.fields["not_before_day"], self.fields["not_before_time"]
        if not money:
            del self.fields["control_total"]
        if wrong:
            self.fields["mode"].initial = Mode.VALID
