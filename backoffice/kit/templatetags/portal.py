"""The template tags of the portal: `{% load portal %}`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from backoffice.kit import components, formats, names, polling, privacy, subjects
from backoffice.kit.message_words import Arranged, Pieces, Sections, arrange, pieces
from backoffice.kit.periods import Period
from backoffice.kit.periods import periods as offered_periods
from backoffice.protocol.explanation import Line
from backoffice.protocol.findings import Finding, Severity

register = template.Library()
_DAY = re.compile(r"\b([0-9]{2}-[0-9]{2}-[0-9]{4})\b")


@register.simple_tag
@cache
def icon(name: str, label: str = "", classes: str = "") -> SafeString:
    """A symbol of static/icons.svg. Without a label it is decoration and hidden from screen readers."""
    css = f"icon {classes}".strip()
    address = f"{static('icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, address
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', css, address)


@register.simple_tag
def periods() -> list[Period]:
    """The periods offered beside two days, as of today in India."""
    return offered_periods(timezone.localdate(timezone=formats.INDIA))


@register.filter
def set_in_address(form: Any, without: str = "") -> int:
    """Count the filters of a form with a value in the address, without hidden ones and those named `without`."""
    names = [field.html_name for field in form.visible_fields() if field.name != without]
    return sum(any(form.data.getlist(name)) for name in names)


@register.simple_tag
def status(kind: str, state: str, who: bool = False) -> SafeString:
    """A status pill: word, icon and colour; with `who=True` also who must act."""
    return status_pill(components.status(kind, state), who)


@register.simple_tag
def broker_name() -> str:
    """The name of the broker for clients; "" if it is not set."""
    return settings.CONNECTOR_BROKER_NAME


@register.simple_tag
def status_word(kind: str, state: str) -> str:
    """The word of a status alone."""
    return components.status(kind, state).word


@register.simple_tag
def status_pill(shown: components.Status, who: bool = False) -> SafeString:
    """A status pill for a given `components.Status`."""
    pill = format_html(
        '<span class="status status-{}" title="{}">{}<span class="status-text">{}</span></span>',
        shown.tone,
        f"Waiting for {shown.who}" if shown.who else "",
        icon(shown.icon),
        shown.word,
    )
    if who and shown.who:
        return pill + format_html(' <span class="status-who">Waiting for {}</span>', shown.who)
    return pill


@register.filter
def ist(at: datetime | None, style: str = "full") -> str:
    """A time in India: full, minute, date or time."""
    return formats.ist(at, style)


@register.simple_tag
def ago(at: datetime | None, empty: str = "–") -> SafeString:
    """How long ago, with the full time on hover; the page updates it each minute."""
    if at is None:
        return format_html("{}", empty)
    return format_html(
        '<time datetime="{}" title="{} IST" data-ago class="nowrap">{}</time>',
        at.astimezone(UTC).isoformat(timespec="seconds"),
        formats.ist(at),
        formats.ago(at),
    )


@register.simple_tag
def moment(at: datetime | None, style: str = "full") -> SafeString | str:
    """The time itself on one line, in a style of `ist`, with how long ago on hover, which the page updates."""
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}" data-moment class="nowrap">{}</time>',
        at.astimezone(UTC).isoformat(timespec="seconds"),
        formats.ago(at),
        formats.ist(at, style),
    )


@register.filter
def unit_beside(head: str) -> str:
    """A heading whose last word keeps the ₹ behind it."""
    return head.replace(" ₹", "\u00a0₹") if head.endswith(" ₹") else head


@register.filter
def whole_days(text: str) -> SafeString:
    """A text in which no line ends within a day."""
    pieces = _DAY.split(text)
    said = (
        format_html('<span class="nowrap">{}</span>', one) if at % 2 else one for at, one in enumerate(pieces)
    )
    return format_html_join("", "{}", ((one,) for one in said))


@register.filter
def money(amount: Decimal | int | str | None) -> str:
    """Indian grouping with two decimals: 12,34,567.00."""
    return formats.indian(amount)


@register.filter
def rupees(amount: Decimal | int | str | None) -> str:
    """An amount with its sign, kept on one line: ₹ 12,34,567.00."""
    return formats.rupees(amount)


@register.filter
def rupee_price(amount: Decimal | int | str | None) -> str:
    """A unit price with its sign, kept on one line."""
    return formats.rupee_price(amount)


@register.filter
def price(amount: Decimal | int | str | None) -> str:
    """A unit price: Indian grouping, two decimals, or more as on currency."""
    return formats.price(amount)


@register.filter
def units(number: Decimal | int | None) -> str:
    """A quantity of a book, with Indian grouping and only its own decimals."""
    return formats.exact(number)


@register.filter
def count(number: int | None) -> str:
    """A whole number with Indian grouping."""
    return formats.indian(number, places=0)


@register.filter
def in_words(amount: Decimal | int | str | None) -> str:
    """A rupee amount in words."""
    return formats.in_words(amount)


@register.filter
def span(seconds: float | None) -> str:
    """A duration in one unit: 3 min."""
    return "" if seconds is None else formats.span(seconds)


@register.simple_tag
def poll(url: str, every: str, seen: str = "") -> SafeString:
    """The attributes of an element that refreshes itself. Parameters as in `polling.attributes`."""
    return polling.attributes(url, every, seen)


@register.simple_tag
def copyable(text: object, label: str = "") -> SafeString:
    """A monospaced id that one click copies. `label` describes it for screen readers."""
    if text in (None, ""):
        return mark_safe('<span class="quiet">–</span>')
    return format_html(
        '<button type="button" class="copy" data-copy="{}" title="Copy" aria-label="{}">{}{}</button>',
        text,
        f"Copy {label} {text}".replace("  ", " "),
        text,
        icon("copy"),
    )


@register.simple_tag
def whom(lane: str, by_lane: Mapping[str, str]) -> SafeString:
    """A retail user by id, and by name if `by_lane` has it."""
    shown = format_html('<span class="mono nowrap">{}</span>', lane)
    return format_html("{}<br>{}", shown, by_lane[lane]) if by_lane.get(lane) else shown


@register.simple_tag
def about(subject: str, name: str = "") -> SafeString:
    """A subject: a retail user by id, another thing by its name, with its kind in small print."""
    if subjects.is_retail_user(subject):
        return format_html('<span class="mono">{}</span>', subject)
    if not name:
        return conditional_escape(subjects.words(subject))
    return format_html('{} <span class="quiet small nowrap">{}</span>', name, subjects.words(subject))


@register.simple_tag
def coded(code: object, list_name: str) -> SafeString:
    """A code by its label in a list, the code in small print; only the code if no list has a label."""
    text = "" if code is None else str(code)
    name = names.meaning(list_name, text)
    if name:
        return format_html('{} <span class="code">{}</span>', name, text)
    return format_html('<span class="mono">{}</span>', text) if text else format_html("{}", "–")


@register.simple_tag(takes_context=True)
def personal(context: Context, kind: str, text: object, label: str = "") -> SafeString:
    """A personal value: copied with one click if the page shows it, otherwise masked."""
    if context.get("shows_personal"):
        return copyable(text, label)
    hidden = privacy.mask(kind, text)
    return format_html('<span class="mono">{}</span>', hidden) if hidden else copyable("")


@register.simple_tag(takes_context=True)
def personal_text(context: Context, kind: str, text: object) -> str:
    """A personal value as plain text."""
    return str(text or "") if context.get("shows_personal") else privacy.mask(kind, text)


@register.simple_tag(takes_context=True)
def personal_message(context: Context, text: str) -> str:
    """The raw text of a request, with personal data masked unless the page shows it."""
    return text if context.get("shows_personal") else privacy.hide_message(text)


@register.simple_tag(takes_context=True)
def personal_words(context: Context, text: str) -> str:
    """Free text or a raw answer, masked where it looks like personal data."""
    return privacy.words(str(text or ""), bool(context.get("shows_personal")))


@register.simple_tag
def arranged(lines: Sequence[Line], sections: Sections = ()) -> Arranged:
    """The lines of a message for `components/message_words.html`."""
    return arrange(lines, sections or ())


@register.simple_tag
def marked(before: object, after: object) -> dict[str, SafeString]:
    """A value before and after, with differing characters marked in long texts."""
    old, new = pieces(str(before or ""), str(after or ""))
    return {"before": _with_marks(old, "del"), "after": _with_marks(new, "ins")}


def _with_marks(text: Pieces, element: str) -> SafeString:
    marks = mark_safe(f"<{element}>{{}}</{element}>")  # noqa: S308  # one of two names of elements
    return format_html_join(
        "", "{}", ((format_html(marks, piece) if differs else piece,) for piece, differs in text)
    )


@register.filter
def within(label: str, title: str) -> str:
    """A field's label without the words of its heading: "Line 1" for "First address: line 1"."""
    own = label.removeprefix(f"{title}: ")
    return label if own == label else f"{own[:1].upper()}{own[1:]}"


@register.simple_tag
def optional_url(name: str, *args: object, **kwargs: object) -> str:
    """The address of a named page, or "" if this installation has no such page."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""


@register.simple_tag
def split_findings(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Split findings of the protocol into errors and warnings."""
    shown = list(findings or ())
    return {
        "errors": [finding for finding in shown if finding.severity == Severity.ERROR],
        "warnings": [finding for finding in shown if finding.severity == Severity.WARNING],
    }


@register.filter
def field_id(path: str, prefix: str = "") -> str:
    """The id of the field at a finding's path: "banks.0.account_no" is "id_banks-0-account_no"."""
    return (prefix or "id_") + path.replace(".", "-")
