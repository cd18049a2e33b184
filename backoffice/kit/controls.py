"""Controls of forms, drawn in Python as Django's own templates draw them, in a fraction of their processor time.

A form of 131 controls renders 700 templates of a line each. Inputs, boxes and selects, which nearly all controls are,
are put together here; every other widget keeps its template. `FORM_RENDERER` of the settings names the renderer.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.forms import widgets
from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

Drawn = Mapping[str, Any]


class Renderer(TemplatesSetting):
    """Django's renderer of forms, with inputs and selects drawn without a template."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        """The control as HTML."""
        draw = _DRAWN.get(template_name)
        return draw(context["widget"]) if draw else super().render(template_name, context, request)


def _input(widget: Drawn) -> SafeString:
    value = widget["value"]
    return format_html(
        '<input type="{}" name="{}"{}{}>',
        widget["type"],
        widget["name"],
        "" if value is None else format_html(' value="{}"', value),
        _attributes(widget["attrs"]),
    )


def _box(widget: Drawn) -> SafeString:
    """One of several boxes, inside its label if asked."""
    box = _input(widget)
    if not widget["wrap_label"]:
        return box
    return format_html(
        "<label{}>{}\n {}</label>",
        _attributes({"for": widget["attrs"].get("id", False)}),
        box,
        widget["label"],
    )


def _select(widget: Drawn) -> SafeString:
    groups = format_html_join(
        "",
        "{}",
        (
            (
                format_html('\n  <optgroup label="{}">{}\n  </optgroup>', name, _options(options))
                if name
                else _options(options),
            )
            for name, options, _ in widget["optgroups"]
        ),
    )
    return format_html(
        '<select name="{}"{}>{}\n</select>', widget["name"], _attributes(widget["attrs"]), groups
    )


def _options(options: list[Drawn]) -> SafeString:
    return format_html_join(
        "",
        '\n  <option value="{}"{}>{}</option>',
        ((one["value"], _attributes(one["attrs"]), one["label"]) for one in options),
    )


def _attributes(attrs: Drawn) -> SafeString:
    """Attributes of an element: True is a bare name, False is left out."""
    return mark_safe(  # noqa: S308  # each part is escaped
        "".join(
            f" {_name(name)}" if value is True else f' {_name(name)}="{conditional_escape(value)}"'
            for name, value in attrs.items()
            if value is not False
        )
    )


@cache
def _name(name: str) -> str:
    """The name of an attribute. There are few, and each is escaped once."""
    return conditional_escape(name)


#: By the name of Django's template.
_DRAWN: dict[str, Callable[[Drawn], SafeString]] = {
    **{
        kind.template_name: _input
        for kind in (
            widgets.TextInput,
            widgets.NumberInput,
            widgets.PasswordInput,
            widgets.HiddenInput,
            widgets.CheckboxInput,
        )
    },
    widgets.CheckboxSelectMultiple.option_template_name: _box,
    widgets.Select.template_name: _select,
}
