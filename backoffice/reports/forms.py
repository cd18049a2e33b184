"""What a report is about."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from backoffice.kit.filters import DayField
from backoffice.reports.figures import By

#: Without dates: so many days up to today.
DAYS = 30
MOST_DAYS = 366


class ReportForm(forms.Form):
    """The days of a report, both included, and what its rows are."""

    since = DayField(label="From", required=False)
    until = DayField(label="To", required=False)
    by = forms.ChoiceField(
        label="Rows",
        choices=By.choices,
        required=False,
        error_messages={"invalid_choice": "Choose what the rows are from the list."},
    )

    def clean(self) -> dict[str, Any]:
        """Fill in what was left out."""
        found = super().clean() or {}
        if self.errors:
            return found
        today: date = timezone.localdate()
        until = found["until"] or max(today, found["since"] or today)
        since = found["since"] or until - timedelta(days=DAYS - 1)
        if since > until:
            self.add_error("until", "The last day is before the first one. Change one of them.")
        elif (until - since).days >= MOST_DAYS:
            self.add_error("since", f"These are more than {MOST_DAYS} days. Choose a later first day.")
        return {"since": since, "until": until, "by": By(found["by"] or By.DAY)}

    def filled(self) -> "ReportForm":
        """Return the parameters with defaults filled in, for the page. The form is valid."""
        days = {name: f"{self.cleaned_data[name]:%d-%m-%Y}" for name in ("since", "until")}
        values = {**days, "by": self.cleaned_data["by"]}
        return ReportForm(MultiValueDict({name: [value] for name, value in values.items()}))
