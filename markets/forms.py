"""The small forms of the pages of scrip masters."""

from django import forms

from backoffice.batches.file import uploads
from backoffice.kit.filters import DayField
from backoffice.kit.widgets import FileInput
from markets.master_file import PUBLISHED
from markets.models import HolidayExchange
from markets.operations import LIMIT

CHOICES = [("", "Choose…"), *((exchange.value, exchange.label) for exchange in PUBLISHED)]


class UploadForm(forms.Form):
    """A scrip master to be imported."""

    exchange = forms.ChoiceField(label="Exchange", choices=CHOICES)
    file = forms.FileField(
        label="File",
        help_text="EXCHANGE.json as published, in either form; up to 128 MiB.",
        widget=FileInput(LIMIT),
    )


class SearchForm(forms.Form):
    """What a scrip is searched by."""

    q = forms.CharField(
        label="Symbol, ISIN or token",
        required=False,
        max_length=50,
        help_text="At least two letters of the symbol.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "autofocus": ""}),
    )


class HolidayForm(forms.Form):
    """A holiday."""

    day = DayField(label="Day", error_messages={"required": "Give the day as DD-MM-YYYY."})
    name = forms.CharField(
        label="Holiday", max_length=100, error_messages={"required": "Give the name of the holiday."}
    )
    exchanges = forms.MultipleChoiceField(
        label="Closed",
        choices=HolidayExchange.choices,
        initial=HolidayExchange.values,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose the exchanges that are closed."},
    )


class HolidayFileForm(forms.Form):
    """A file of holidays."""

    file = forms.FileField(
        label="File",
        help_text="CSV or Excel with the columns Date and Holiday, and perhaps Exchange.",
        widget=FileInput(uploads.limit, ".csv,.txt,.tsv,.xlsx"),
        allow_empty_file=True,
        error_messages={"required": "Choose a file.", "invalid": "Choose a file."},
    )
    whose = forms.MultipleChoiceField(
        label="Closed where the file does not say",
        choices=HolidayExchange.choices,
        initial=HolidayExchange.values,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
