"""The part of a form that asks before when a change must not be sent."""

from datetime import datetime
from typing import Any

from django import forms

from backoffice.delivery.hours import fault
from backoffice.kit.filters import DayField
from backoffice.kit.formats import INDIA


class TimeField(forms.CharField):
    """A time of the day as HH:MM."""

    widget = forms.TextInput(
        {"autocomplete": "off", "inputmode": "numeric", "placeholder": "HH:MM", "size": 5}
    )

    def to_python(self, value: Any) -> Any:
        """Return the time. Raises ValidationError."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return datetime.strptime(text, "%H:%M").time()
        except ValueError:
            words = f"{text[:20]} is not a valid time. Use HH:MM, as in 09:00."
            raise forms.ValidationError(words) from None


class NotBeforeForm(forms.Form):
    """A day and a time in Kolkata, both or neither. `cleaned_data["not_before"]` is the moment, or None."""

    not_before_day = DayField(
        required=False, label="Not before", help_text="Empty: it goes out when approved."
    )
    not_before_time = TimeField(required=False, label="Time", help_text="In Kolkata.")

    def clean(self) -> dict[str, Any]:
        """Return the moment of day and time. An error appears at its field."""
        found = super().clean() or self.cleaned_data
        day, time = found.pop("not_before_day", None), found.pop("not_before_time", None)
        found["not_before"] = None
        if self.errors.keys() & {"not_before_day", "not_before_time"} or not (day or time):
            return found
        if not time:
            self.add_error("not_before_time", "Give the time too, as HH:MM.")
        elif not day:
            self.add_error("not_before_day", "Give the day too, as DD-MM-YYYY.")
        else:
            found["not_before"] = datetime.combine(day, time, INDIA)
            if words := fault(found["not_before"]):
                self.add_error("not_before_day", words)
        return found
