"""Inputs for India: a day as DD-MM-YYYY with a calendar beside it, rupees with their sign. See `inputs.js`."""

import re
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.kit.templatetags.portal import icon
from backoffice.protocol.bent import plain_amount
from backoffice.protocol.formatted import grouped

_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_PLAIN_AMOUNT = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,4})?", re.ASCII)


class DayInput(forms.TextInput):
    """A day, typed as DD-MM-YYYY or chosen from the browser's calendar."""

    def __init__(self) -> None:
        super().__init__(
            {"autocomplete": "off", "inputmode": "numeric", "placeholder": "DD-MM-YYYY", "data-date": ""}
        )

    def format_value(self, value: Any) -> str | None:
        """Return the day in DD-MM-YYYY; anything else unchanged."""
        found = _ISO_DAY.fullmatch(str(value or ""))
        return "-".join(reversed(found.groups())) if found else super().format_value(value)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Render the field, the button of its calendar, and the browser's own field that opens the calendar."""
        return format_html(
            '<span class="date-picker">{}<button type="button" class="btn btn-quiet needs-script" data-pick-day '
            'tabindex="-1" aria-label="Choose from a calendar">{}</button>'
            '<input type="date" tabindex="-1" aria-hidden="true"></span>',
            super().render(name, value, attrs, renderer),
            icon("chevron-down"),
        )


class RupeesInput(forms.TextInput):
    """An amount in Indian grouping, after the rupee sign."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(
            {"autocomplete": "off", "inputmode": "decimal", "class": "num", "data-rupees": "", **attrs}
        )

    def format_value(self, value: Any) -> str | None:
        """Return the amount with grouping; anything else unchanged."""
        text = str(value if value is not None else "")
        return grouped(text) if _PLAIN_AMOUNT.fullmatch(text) else super().format_value(value)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the amount as it was typed, without sign and grouping."""
        typed = super().value_from_datadict(data, files, name)
        return plain_amount(typed) if isinstance(typed, str) else typed

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Render the field after its sign."""
        return format_html('<span class="rupees">{}</span>', super().render(name, value, attrs, renderer))
