"""Django form fields from the protocol's kinds of field.

A form only converts input to the protocol's values and shows the findings of its rules. Django's own
validators are not used: a page and a row of a file must get the same findings in the same words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.http import QueryDict
from django.urls import reverse
from django.utils.choices import flatten_choices
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice.kit.conditions import When, needs
from backoffice.kit.formats import in_words, rupees
from backoffice.kit.names import Offered, grouped, offered
from backoffice.kit.widgets import DayInput, RupeesInput
from backoffice.protocol.charset import PLAIN
from backoffice.protocol.fields import (
    Amount,
    Code,
    Date,
    Field,
    Flags,
    Integer,
    Percent,
    Secret,
    SecretText,
    Text,
)
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.rules import Rule
from backoffice.protocol.shapes import ISIN, PAN, Shape

#: Not every database can store a NUL. It is kept as its symbol, which the rules then report as forbidden.
NUL, NUL_SIGN = "\x00", "\N{SYMBOL FOR NULL}"
#: Lists with more names are searched while typing; shorter ones are drop-downs.
CHOSEN_UP_TO = 50
#: A longer text gets the width of the form.
WIDE_FROM = 100


class TypedField(forms.Field):
    """Returns any input unchanged. The protocol's rules validate it."""

    def __init__(self, declared: Field, widget: forms.Widget) -> None:
        super().__init__(required=False, label=declared.label, widget=widget)
        self.declared = declared


class Tick(forms.CheckboxInput):
    """A box for a code that is present or absent, such as 1 or nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(attrs={"value": code}, check_test=lambda value: value == code)
        self.code = code

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the code as it was sent; "" for a box that was not ticked."""
        return str(data.get(name, ""))

    def format_value(self, value: Any) -> str:
        return self.code


class CodeSelect(forms.Select):
    """A choice of one. An undeclared code that was sent stays visible."""

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        known = {str(code) for code, _ in flatten_choices(self.choices)}
        strangers = [(text, f"{text} (not in the list)") for text in value if text not in known]
        before = self.choices
        self.choices = [*before, *strangers]
        try:
            return super().optgroups(name, value, attrs)
        finally:
            self.choices = before


class Suggestions(forms.TextInput):
    """A text field that searches a list of names while typing; other texts are possible too."""

    def __init__(self, names: Offered, attrs: dict[str, Any]) -> None:
        super().__init__(attrs)
        self.names = names

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Render the field, followed by its list."""
        lists = f"{name}-names"
        control = super().render(name, value, {**(attrs or {}), "list": lists}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.names)
        return control + format_html('<datalist id="{}">{}</datalist>', lists, options)


@dataclass(frozen=True)
class LookUp:
    """How a field is looked up while typing: the source of names, its help, and their collective name."""

    url_name: str
    help: str
    label: str


#: By the shape of the text.
_LOOK_UPS: dict[Shape, LookUp] = {}


def look_up(shape: Shape, how: LookUp) -> None:
    """Register a look-up for each field of this shape.

    Call it from `AppConfig.ready` of the room that has the names.
    """
    _LOOK_UPS[shape] = how


def look_up_of(field: Field) -> LookUp | None:
    """Return how a field is looked up, if it is."""
    shape = getattr(field, "shape", None)
    return _LOOK_UPS.get(shape) if shape else None


class LookedUp(forms.TextInput):
    """A text field that `lookups.js` makes a combobox: it asks the server while a person types."""

    def __init__(self, how: LookUp, attrs: dict[str, Any]) -> None:
        super().__init__(attrs)
        self.how = how

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Render the field with an empty list, and the place for the name of the choice."""
        control = super().render(
            name, value, {**(attrs or {}), "data-look-up": reverse(self.how.url_name)}, renderer
        )
        own = f"id_{name}"
        return format_html(
            '<span class="look-up">{}<ul id="{}-options" role="listbox" aria-label="{}" hidden></ul></span>'
            '<p class="field-help" id="{}-name" hidden></p>',
            *(control, own, self.how.label, own),
        )


def form_field(field: Field) -> forms.Field:
    """Return the Django field for a declared one: a choice if the portal has a list of its names, else by its kind."""
    if field.names and (names := offered(field.names)):
        return TypedField(field, _choice_of_names(field, names))
    return _by_kind(field)


def _choice_of_names(field: Field, names: Offered) -> forms.Widget:
    if len(names) > CHOSEN_UP_TO:
        return Suggestions(
            names, {"autocomplete": "off", "spellcheck": "false", "data-max": field.max_length}
        )
    empty = ("", "Choose…" if field.required else "–")
    if field.names_by is None:
        return CodeSelect(choices=[empty, *names])
    groups = grouped(field.names)
    narrowed = [(field.names_by.words(within), pairs) for within, pairs in groups.items() if within]
    return CodeSelect({"data-names-by": field.names_by.name}, choices=[empty, *groups.get("", ()), *narrowed])


@singledispatch
def _by_kind(field: Field) -> forms.Field:
    """Text unless its kind says otherwise."""
    attrs: dict[str, Any] = {"autocomplete": "off", "spellcheck": "false"}
    if _upper(field):
        attrs["data-upper"] = ""
    if how := look_up_of(field):
        return TypedField(field, LookedUp(how, attrs))
    if field.max_length:
        attrs["data-max"] = field.max_length
    if isinstance(field, Text) and field.free and field.allowed is PLAIN:
        attrs["data-no-commas"] = ""
    return TypedField(field, forms.TextInput(attrs))


@_by_kind.register(Integer)
def _integer(field: Integer) -> forms.Field:
    attrs = {"autocomplete": "off", "inputmode": "numeric"}
    if field.usual:
        return TypedField(field, Suggestions(list(field.usual.items()), attrs))
    return TypedField(field, forms.TextInput({**attrs, "class": "num"}))


@_by_kind.register(Amount)
def _rupees(field: Amount) -> forms.Field:
    return TypedField(field, RupeesInput())


@_by_kind.register(Percent)
def _percent(field: Field) -> forms.Field:
    return TypedField(field, forms.TextInput({"autocomplete": "off", "inputmode": "decimal", "class": "num"}))


@_by_kind.register(Date)
def _date(field: Date) -> forms.Field:
    return TypedField(field, DayInput())


@_by_kind.register(Code)
def _code(field: Code) -> forms.Field:
    choices = list(field.labels.items())
    if len(choices) == 1 and not field.required:
        return TypedField(field, Tick(choices[0][0]))
    return TypedField(field, CodeSelect(choices=[("", "Choose…" if field.required else "–"), *choices]))


@_by_kind.register(Flags)
def _flags(field: Flags) -> forms.Field:
    return TypedField(field, forms.CheckboxSelectMultiple(choices=list(field.labels.items())))


@_by_kind.register(Secret)
def _secret(field: Secret) -> forms.Field:
    attrs = {"autocomplete": "new-password", "data-secret": ""}
    return TypedField(field, forms.PasswordInput(attrs, render_value=False))


def _upper(field: Field) -> bool:
    """Whether input is visibly upper-cased while typing: if its shape requires capitals."""
    return getattr(field, "shape", None) in (PAN, ISIN) or field.name == "dp_id"


class RecordForm(forms.Form):
    """The scalar fields of a message or of one record, named by their place: `name`, or `banks-0-account_no`."""

    use_required_attribute = False

    def __init__(
        self, declared: Mapping[str, Field], values: Mapping[str, Any] | None = None, prefix: str = ""
    ) -> None:
        super().__init__(initial=dict(values or {}), prefix=prefix or None)
        self.fields = {name: form_field(field) for name, field in declared.items()}


def typed(field: Field, data: QueryDict, name: str) -> Any:
    """Return the input of one scalar field, for the protocol's `clean`."""
    raw = form_field(field).widget.value_from_datadict(data, {}, name)
    if isinstance(raw, str):
        raw = raw.replace(NUL, NUL_SIGN)
    elif isinstance(raw, list):
        raw = [str(one).replace(NUL, NUL_SIGN) for one in raw]
    return raw


@dataclass(frozen=True)
class Need:
    """Why a field is needed, and whether that is so now."""

    when: When
    applies: bool


@dataclass(frozen=True)
class FieldPart:
    """One field on a page: the control, its words, and its findings."""

    declared: Field
    bound: forms.BoundField
    path: str
    findings: Sequence[Finding] = ()
    kept: bool = False
    needs: Sequence[Need] = ()
    #: The codes that a set of boxes offers, if not all.
    only: Sequence[str] = ()

    @property
    def id(self) -> str:
        """The id of the control, to which a finding links."""
        return self.bound.auto_id

    @property
    def is_group(self) -> bool:
        """Whether the control is a set of boxes, which has a legend and no label."""
        return isinstance(self.declared, Flags)

    @property
    def boxes(self) -> list[BoundWidget]:
        """The boxes of a set; ticked ones are shown even if they are not offered."""
        shown = {*self.only, *self.selected}
        return [box for box in self.bound if not self.only or box.data["value"] in shown]

    @property
    def is_tick(self) -> bool:
        """Whether the control is a single box."""
        return isinstance(self.bound.field.widget, Tick)

    @property
    def is_secret(self) -> bool:
        return isinstance(self.declared, Secret)

    @property
    def wide(self) -> bool:
        return self.is_group or (self.declared.max_length or 0) > WIDE_FROM

    @property
    def help(self) -> str:
        """The declared help, or how the field is looked up."""
        how = look_up_of(self.declared)
        return self.declared.help or (how.help if how else "")

    @property
    def has_words(self) -> bool:
        """Return whether there is anything below the control."""
        return bool(self.kept or self.help or self.is_amount or self.findings or self.needs)

    @property
    def tone(self) -> str:
        """error, warning or nothing."""
        if any(finding.severity == Severity.ERROR for finding in self.findings):
            return "error"
        return "warning" if self.findings else ""

    @property
    def is_amount(self) -> bool:
        """Whether it is an amount of rupees, shown in Indian grouping and in words."""
        return isinstance(self.declared, Amount)

    @property
    def amount_words(self) -> str:
        """The amount in the control: ₹ 12,34,567.00, Rupees twelve lakh ..."""
        amount = str(self.bound.value() or "")
        return f"{rupees(amount)} · {in_words(amount)}" if in_words(amount) else ""

    @property
    def selected(self) -> list[str]:
        """The ids of the ticked boxes of a set."""
        return list(self.bound.value() or ())

    @property
    def described_by(self) -> str:
        ids = [f"{self.id}-help"] if self.help or self.kept else []
        return " ".join([*ids, *(f"{self.id}-finding-{number}" for number in range(len(self.findings)))])

    @property
    def control(self) -> SafeString:
        """Render the widget, linked to its findings and help for screen readers."""
        attrs: dict[str, Any] = {}
        if self.described_by:
            attrs["aria-describedby"] = self.described_by
        if self.tone == "error":
            attrs["aria-invalid"] = "true"
        if self.declared.required:
            attrs["aria-required"] = "true"
        return self.bound.as_widget(attrs=attrs)


def field_parts(
    declared: Mapping[str, Field],
    values: Mapping[str, Any],
    findings: Mapping[str, Sequence[Finding]],
    rules: Sequence[Rule] = (),
    path: str = "",
) -> dict[str, FieldPart]:
    """The parts of a record's scalar fields.

    `findings` are by path; `path` is the record's own, and `rules` tie its fields together.
    """
    form = RecordForm(declared, values, path.replace(".", "-"))
    parts = {}
    for name, field in declared.items():
        own = f"{path}.{name}" if path else name
        parts[name] = FieldPart(
            field,
            form[name],
            own,
            findings.get(own, ()),
            kept=isinstance(values.get(name), SecretText),
            needs=[Need(when, when.holds(values)) for when in needs(rules, name, path)],
        )
    return parts
