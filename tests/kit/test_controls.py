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
    return without_space(widget.render(f"name-{NASTY}", value, ATTRS, renderer()))


def without_space(html):
    """Between elements; a line break is none."""
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


@pytest.mark.parametrize("wrap_label", [False, True])
def test_each_box_of_a_set_is_as_djangos_template_draws_it(wrap_label):
    def boxes(renderer):
        class Form(forms.Form):
            segments = forms.MultipleChoiceField(
                choices=[(1, "One & only"), (NASTY, NASTY)],
                widget=forms.CheckboxSelectMultiple({"class": NASTY}),
            )

        form = Form(initial={"segments": [NASTY]}, renderer=renderer())
        return [without_space(box.tag(wrap_label)) for box in form["segments"]]

    assert boxes(Renderer) == boxes(TemplatesSetting)


@pytest.mark.django_db
def test_a_long_form_draws_no_input_and_no_list_by_a_template(client, maker):
    client.force_login(maker)
    answer = client.get("/users/new/")
    assert answer.content.count(b"<input") > 100
    by_template = {one.name for one in answer.templates}
    assert not by_template & {
        f"django/forms/widgets/{name}.html" for name in ("text", "select", "checkbox_option")
    }
