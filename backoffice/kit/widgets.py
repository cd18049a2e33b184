"""Inputs for India: a day as DD-MM-YYYY with a calendar beside it, rupees with their sign. See `inputs.js`."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.files import Limit
from backoffice.kit.templatetags.portal import icon
from backoffice.protocol.bent import plain_amount
from backoffice.protocol.formatted import grouped

_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_PLAIN_AMOUNT = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,4})?", re.ASCII)


class FileInput(forms.FileInput):
    """A choice of a file of limited size: the browser sends no larger one (`inputs.js`)."""

    def __init__(self, limit: Limit | Callable[[], Limit], accept: str = "") -> None:
        super().__init__({"accept": accept} if accept else None)
        self._limit = limit

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Render the control and, hidden, what is wrong with a file that is too large."""
        limit = self._limit() if callable(self._limit) else self._limit
        return format_html(
            '{}<p class="finding finding-error" role="alert" hidden>{}<span>{}</span></p>',
            super().render(name, value, {**(attrs or {}), "data-most": limit.most}, renderer),
            icon("x-circle", "Error:"),
            limit.words,
        )


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
