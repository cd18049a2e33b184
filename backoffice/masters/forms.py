"""Forms of the master lists."""

from django import forms

from backoffice.kit.widgets import FileInput
from backoffice.masters.models import List
from backoffice.masters.operations import LIMIT
from backoffice.protocol.codes import TemplateType

TYPES = ", ".join(f"{kind.value} {kind.label}" for kind in TemplateType)


class NameForm(forms.Form):
    """One name. The operation reports names that ODIN would refuse."""

    list = forms.ChoiceField(choices=List.choices, label="List")
    code = forms.CharField(max_length=100, label="Code", help_text="As ODIN has it; this is what is sent.")
    within = forms.CharField(
        max_length=20,
        required=False,
        label="Belongs to",
        help_text=f"A user template: its type ({TYPES}). A dealer: the group. Blank: all of them.",
    )
    label = forms.CharField(max_length=100, required=False, label="Name", help_text="What people call it.")
    active = forms.BooleanField(required=False, initial=True, label="Offered in forms")


class UploadForm(forms.Form):
    """A whole list as a CSV file."""

    list = forms.ChoiceField(choices=List.choices, label="List")
    file = forms.FileField(
        label="CSV file",
        widget=FileInput(LIMIT),
        help_text="Columns with the headings code and label, in UTF-8. Lists of user templates (by type) and of "
        "dealers (by group) may have a third column, within.",
    )
