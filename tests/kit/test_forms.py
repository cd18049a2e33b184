"""Forms made from declarations: each message can be typed, and what was typed comes back as values."""

import json

import pytest
from django.forms import CheckboxSelectMultiple, PasswordInput, Select
from django.http import QueryDict

from backoffice.kit.conditions import When, needs
from backoffice.kit.forms import NUL_SIGN, form_field
from backoffice.kit.formsets import (
    GroupPart,
    MessageForm,
    RecordPart,
    add_record,
    make_default,
    read_form,
    read_values,
    remove_record,
)
from backoffice.kit.sections import named
from backoffice.protocol import messages as _all_messages  # noqa: F401  # registers every message
from backoffice.protocol.examples import example
from backoffice.protocol.fields import Code, Flags, Record, Records, Secret, SecretText
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.message import REQUESTS, clean
from backoffice.protocol.messages.users import CreateRetailUser
from tests.html_forms import Page, drawn, querydict

ALL = [pytest.param(message, id=str(number)) for number, message in sorted(REQUESTS.items())]

#: Forms offer the names of master lists.
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("message", ALL)
def test_what_a_form_of_any_message_shows_comes_back_as_the_same_values(message):
    values = clean(message, example(message))
    secrets = {name: value for name, value in values.items() if isinstance(value, SecretText)}
    html = drawn(MessageForm(message, values))
    back = clean(message, read_form(message, querydict(Page(html).sent()), secrets))
    assert {name: back[name] for name in values} == values


@pytest.mark.parametrize("message", ALL)
def test_no_form_shows_a_secret(message):
    values = {
        name: SecretText("Sesame42") if isinstance(field, Secret) else field.empty
        for name, field in message.fields.items()
    }
    assert "Sesame42" not in drawn(MessageForm(message, values))


@pytest.mark.parametrize("message", ALL)
def test_every_control_has_a_name_for_those_who_cannot_see_it(message):
    page = Page(html := drawn(MessageForm(message, clean(message, example(message)))))
    for control in page.controls:
        if control.attributes.get("type") == "hidden" or control.attributes["name"].endswith("-forget"):
            continue
        assert f'for="{control.attributes["id"]}"' in html or "aria-label" in control.attributes


@pytest.mark.parametrize("message", ALL)
def test_the_page_can_follow_every_condition_of_the_rules(message):
    for name in message.fields:
        for when in needs(message.rules, name):
            assert when.how in ("any", "none", "filled")
            assert when.watched


def test_kinds_of_field_have_their_controls():
    kinds = {name: form_field(field).widget for name, field in CreateRetailUser.fields.items()}
    assert isinstance(kinds["gender"], Select)
    assert isinstance(kinds["trading_segments"], CheckboxSelectMultiple)
    assert isinstance(kinds["password"], PasswordInput)
    assert kinds["pan"].attrs["data-upper"] == ""
    assert kinds["birth_date"].attrs["placeholder"] == "DD-MM-YYYY"
    assert "data-upper" not in kinds["name"].attrs


def test_no_control_cuts_off_what_is_typed():
    assert "maxlength" not in drawn(MessageForm(CreateRetailUser, {}))


def test_records_are_groups_and_a_record_is_a_sub_form():
    form = MessageForm(CreateRetailUser, clean(CreateRetailUser, example(CreateRetailUser)))
    assert isinstance(form.parts["banks"], GroupPart)
    assert [card.number for card in form.parts["banks"].cards] == [1, 2]
    assert isinstance(form.parts["mf_ucc"], RecordPart)
    assert set(form.parts["mf_ucc"].parts) == set(CreateRetailUser.fields["mf_ucc"].record.fields)


def test_codes_start_where_they_are_declared_to_start():
    start = {name: field.initial for name, field in CreateRetailUser.fields.items()}
    page = Page(drawn(MessageForm(CreateRetailUser, start)))
    assert page.named("poa").sent == ["2"]
    assert page.named("odin_user_type").sent == ["1"]


def test_records_keep_their_order_whatever_numbers_the_script_gave_them():
    data = querydict(
        {"banks-7-bank_id": ["SECOND"], "banks-2-bank_id": ["FIRST"], "banks-x-bank_id": ["NOT"]}
    )
    assert [bank["bank_id"] for bank in read_values(CreateRetailUser, data)["banks"]] == ["FIRST", "SECOND"]


def test_every_record_of_a_form_is_read():
    data = querydict({f"banks-{number}-bank_id": ["X"] for number in range(400)})
    assert len(read_values(CreateRetailUser, data)["banks"]) == 400


def test_a_form_with_more_fields_than_are_read_is_refused_and_not_cut(client, maker, settings):
    client.force_login(maker)
    typed = {f"banks-{number}": "X" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    assert client.post("/users/new/", typed).status_code == 400


def test_a_code_that_is_not_declared_stays_visible_and_is_sent_again():
    html = drawn(MessageForm(CreateRetailUser, {"gender": "Q<b>"}))
    assert Page(html).named("gender").sent == ["Q<b>"]
    assert "Q<b>" not in html


def test_a_nul_is_kept_as_a_sign_that_the_rules_name():
    values = read_values(CreateRetailUser, QueryDict("name=Asha%00Rao"))
    assert values["name"] == f"Asha{NUL_SIGN}Rao"
    assert "\\u0000" not in json.dumps(values["name"])


def test_an_empty_password_keeps_the_one_that_was_typed_before():
    kept = {"password": SecretText("Sesame42")}

    def password(sent):
        return clean(CreateRetailUser, read_form(CreateRetailUser, QueryDict(sent), kept))["password"]

    assert password("password=").reveal() == "Sesame42"
    assert password("password=Other77").reveal() == "Other77"
    assert not password("password=&password-forget=1")


def test_a_finding_stands_beside_its_field_and_is_tied_to_it():
    finding = Finding("banks.0.account_no", "Account number is missing. Enter it.", cleaned="1234")
    html = drawn(MessageForm(CreateRetailUser, {"banks": [{"bank_id": "HDFC"}]}, [finding]))
    control = Page(html).named("banks-0-account_no").attributes
    assert control["aria-invalid"] == "true"
    assert control["aria-describedby"] in Page(html).ids
    assert 'data-use="1234"' in html


def test_a_warning_does_not_make_a_field_invalid():
    html = drawn(
        MessageForm(CreateRetailUser, {"pan": "AAAPR1234C"}, [Finding("pan", "Odd.", Severity.WARNING)])
    )
    assert "aria-invalid" not in Page(html).named("pan").attributes


def test_what_is_typed_cannot_become_markup():
    evil = '"><script>alert(1)</script>'
    values = {
        name: []
        if isinstance(field, Flags)
        else [dict.fromkeys(field.record.fields, evil)]
        if isinstance(field, Records) and not isinstance(field, Record)
        else dict.fromkeys(field.record.fields, evil)
        if isinstance(field, Record)
        else evil
        for name, field in CreateRetailUser.fields.items()
    }
    findings = [Finding(name, evil, cleaned=evil) for name in CreateRetailUser.fields]
    assert "<script" not in drawn(MessageForm(CreateRetailUser, values, findings))


def test_a_summary_says_which_field_each_finding_speaks_of():
    findings = [
        Finding("client_type", "This is needed because IPO is allowed. Enter it."),
        Finding("banks.1.account_no", "Account number is missing. Enter it."),
        Finding("demats.0.dp_id", "DP id is missing. Enter it."),
        Finding("name", "Name is missing. Enter it."),
    ]
    values = {"banks": [{}, {}], "demats": [{}]}
    texts = [finding.text for finding in named(MessageForm(CreateRetailUser, values, findings))]
    assert texts == [
        "Client type: This is needed because IPO is allowed. Enter it.",
        "Bank 2, account number is missing. Enter it.",
        "Demat 1, DP id is missing. Enter it.",
        "Name is missing. Enter it.",
    ]


def test_a_part_says_why_it_is_needed_in_the_words_of_the_rule():
    [when] = needs(CreateRetailUser.rules, "client_type")
    assert isinstance(when, When)
    assert when.holds({"products": ["3"]})
    assert not when.holds({"products": ["2"]})
    assert (when.watched, when.how) == ("products", "any")


def test_buttons_that_work_without_a_script():
    typed_in = {"banks": [{"bank_id": "A"}, {"bank_id": "B"}]}
    assert len(add_record(typed_in, "banks")["banks"]) == 3
    assert remove_record(typed_in, "banks", 0)["banks"] == [{"bank_id": "B"}]
    defaults = make_default(typed_in, CreateRetailUser.fields["banks"], 1)["banks"]
    assert [bank["is_default"] for bank in defaults] == ["0", "1"]


def test_every_code_is_shown_by_its_name():
    html = drawn(MessageForm(CreateRetailUser, {}))
    for field in CreateRetailUser.fields.values():
        if isinstance(field, Code | Flags) and len(field.labels) > 1:
            assert all(
                label.replace("'", "&#x27;").replace("&O", "&amp;O") in html
                for label in field.labels.values()
            )
