"""The small forms of the pages of scrip masters."""

from django import forms

from markets.master_file import PUBLISHED

CHOICES = [("", "Choose…"), *((exchange.value, exchange.label) for exchange in PUBLISHED)]


class UploadForm(forms.Form):
    """A scrip master to be imported."""

    exchange = forms.ChoiceField(label="Exchange", choices=CHOICES)
    file = forms.FileField(
        label="File", help_text="EXCHANGE.json as published, in either form; up to 128 MiB."
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
