"""Controls drawn without templates: the same HTML as Django's templates make, on every page with a form."""

import re

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting

from backoffice.kit.controls import Renderer

NASTY = "\"<&'>"
ATTRS = {"id": "id_x", "class": NASTY, "data-rows": 3, "data-focus": True, "hidden": False}
CHOICES = [
    ("", "Choose…"),
    (1, "One & only"),
    (NASTY, NASTY),
    ("Group <A>", [("a", "First"), ("b", "Second")]),
    (None, "None"),
]


def drawn(widget, value, renderer):
    """The HTML of a control, without space between its elements."""
    html = widget.render(f"name-{NASTY}", value, ATTRS, renderer())
    return re.sub(r"\s*\n\s*", "", html)


@pytest.mark.parametrize("value", ["", None, "a", NASTY, "₹ 5", 1, True, ["a", NASTY]])
@pytest.mark.parametrize(
    "widget",
    [
        forms.TextInput({"type": "search", "maxlength": 5}),
        forms.NumberInput(),
        forms.PasswordInput(render_value=True),
        forms.HiddenInput(),
        forms.CheckboxInput({"value": "Y"}),
        forms.Select(choices=CHOICES),
        forms.Select({"required": True}, choices=()),
        forms.CheckboxSelectMultiple(choices=CHOICES),
        forms.Textarea(),
    ],
)
def test_a_control_is_as_djangos_template_draws_it(widget, value):
    assert drawn(widget, value, Renderer) == drawn(widget, value, TemplatesSetting)


@pytest.mark.django_db
def test_a_long_form_draws_no_input_and_no_list_by_a_template(client, maker):
    client.force_login(maker)
    answer = client.get("/users/new/")
    assert answer.content.count(b"<input") > 100
    by_template = {one.name for one in answer.templates}
    assert not by_template & {"django/forms/widgets/text.html", "django/forms/widgets/select.html"}
