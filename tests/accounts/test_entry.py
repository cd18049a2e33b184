"""Proposing a new retail user in the browser: nothing typed is lost, nothing is submitted twice."""

import json
import uuid

import pytest
from django.urls import reverse

from accounts.forms import SECTIONS
from backoffice.changes.models import Change, State
from backoffice.changes.operations import draft_values, save_draft, submit, withdraw
from backoffice.kit.formsets import MessageForm
from backoffice.protocol.examples import example
from backoffice.protocol.fields import SecretText
from backoffice.protocol.message import clean
from backoffice.protocol.messages.users import CreateRetailUser
from tests.html_forms import Page, drawn, flowed

pytestmark = pytest.mark.django_db

NEW = "/users/new/"
KIND = "create_retail_user"


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


def opened(client, address=NEW):
    return Page(client.get(address).content.decode())


def filled(**changed):
    """What a browser sends of a full, correct form."""
    values = {**clean(CreateRetailUser, example(CreateRetailUser)), "reference": ""}
    form = MessageForm(CreateRetailUser, values)
    html = drawn(form)
    sent = Page(html).sent(password="Sesame42", token=str(uuid.uuid4()), press="check")
    return sent | {name: value if isinstance(value, list) else [value] for name, value in changed.items()}


def test_the_form_has_a_control_for_every_field_of_301(as_maker):
    page = opened(as_maker)
    names = {control.attributes["name"] for control in page.controls}
    for name in CreateRetailUser.fields:
        assert (
            name in names
            or any(other.startswith(f"{name}-") for other in names)
            or name in ("banks", "demats")
        )
    assert sorted(name for section in SECTIONS for name in section.names) == sorted(CreateRetailUser.fields)


@pytest.mark.parametrize("section", [s for s in SECTIONS if s.record], ids=lambda section: section.slug)
def test_a_divided_record_shows_each_of_its_sub_fields_once(section):
    declared = set(CreateRetailUser.fields[section.record].record.fields) - {"is_default"}
    assert sorted(name for block in section.blocks for name in block.names) == sorted(declared)


@pytest.mark.parametrize("group", ["banks", "demats"])
def test_a_card_that_the_script_adds_has_every_sub_field(as_maker, group):
    card = as_maker.get(NEW, {"card": group, "number": "3"})
    names = {control.attributes["name"] for control in Page(card.content.decode()).controls}
    assert names == {f"{group}-3-{name}" for name in CreateRetailUser.fields[group].record.fields}


@pytest.mark.parametrize(
    "asked",
    [
        {"card": "banks"},
        {"card": "banks", "number": "x"},
        {"card": "banks", "number": "\u0663"},
        {"card": "banks", "number": "1234567"},
        {"card": "mf_ucc", "number": "0"},
        {"card": "name", "number": "0"},
        {"card": "", "number": "0"},
    ],
    ids=str,
)
def test_there_is_no_card_of_what_is_no_repeating_group(as_maker, asked):
    assert as_maker.get(NEW, asked).status_code == 404


def test_only_who_may_propose_gets_a_card(client, checker):
    assert client.get(NEW, {"card": "banks", "number": "0"}).status_code == 302
    client.force_login(checker)
    assert client.get(NEW, {"card": "banks", "number": "0"}).status_code == 403


def test_from_the_form_over_the_check_page_to_a_submitted_change(as_maker, maker):
    sent = filled()
    checked = as_maker.post(NEW, sent)
    assert checked.status_code == 302
    check = as_maker.get(checked.url)
    words = check.content.decode()
    assert "Check your answers" in words
    assert "HDFC" in words
    assert "Sesame42" not in words
    page = Page(words)
    answer = as_maker.post(checked.url, page.sent(reason="Account opening form 12"))
    change = Change.objects.get()
    assert answer.url == change.get_absolute_url()
    assert (change.state, change.made_by, change.reason) == (
        State.SUBMITTED,
        maker,
        "Account opening form 12",
    )
    assert draft_values(change)["password"].reveal() == "Sesame42"


def test_errors_keep_everything_that_was_typed_and_link_to_their_fields(as_maker):
    sent = filled(pan="12345", name="Asha | Rao", email="no address")
    answer = as_maker.post(NEW, sent)
    html = answer.content.decode()
    page = Page(html)
    again = page.sent()
    unchanged = set(sent) - {"password", "press", "token"}
    assert {name: again.get(name) for name in unchanged} == {name: sent[name] for name in unchanged}
    assert {"id_pan", "id_name", "id_email"} <= set(page.links)
    assert set(page.links) - {"main"} <= set(page.ids)
    assert page.named("pan").attributes["aria-invalid"] == "true"
    assert "Use “Asha" in flowed(html)


def test_a_form_offers_what_a_file_offers_in_place_of_bent_values(as_maker):
    bent = {
        "mobile": ("+91 98123 45678", "9812345678"),
        "pin_code": ("411004.0", "411004"),
        "pan": ("aaapr 1234c", "AAAPR1234C"),
        "birth_date": ("21 January 1985", "21-01-1985"),
        "name": ("Mee\u200bra Rao", "Meera Rao"),
        "banks-0-account_no": ("'00451234567", "00451234567"),
        "orders_per_second": ("\u096b", "5"),
    }
    sent = filled(**{name: typed for name, (typed, _) in bent.items()})
    html = as_maker.post(NEW, sent).content.decode()
    for name, (_, meant) in bent.items():
        assert f'data-use="{meant}" data-for="id_{name}"' in html
    used = as_maker.post(NEW, {**sent, "press": "", "use": "banks.0.account_no"})
    assert Page(used.content.decode()).named("banks-0-account_no").sent == ["00451234567"]


def test_the_side_index_counts_the_findings_of_each_section(as_maker):
    answer = as_maker.post(NEW, filled(pan="12345"))
    tax = next(shown for shown in answer.context["sections"] if shown.section.slug == "tax")
    assert tax.errors == 1


def test_a_password_is_kept_sealed_and_never_shown_again(as_maker):
    sent = filled(pan="12345")
    html = as_maker.post(NEW, sent).content.decode()
    assert "Sesame42" not in html
    assert "A password is kept" in html
    assert "Sesame42" not in json.dumps(Change.objects.get().values)
    as_maker.post(NEW, filled(token=sent["token"], password=""))
    assert draft_values(Change.objects.get())["password"].reveal() == "Sesame42"


def test_what_is_being_typed_is_kept_as_a_draft_and_can_be_opened_again(as_maker):
    token = uuid.uuid4()
    answer = as_maker.post(reverse("accounts:new_keep", args=[token]), filled(name="Half a na"))
    assert answer.status_code == 200
    assert f'data-back="{answer.json()["url"]}"' in as_maker.get(answer.json()["url"]).content.decode()
    page = opened(as_maker, answer.json()["url"])
    assert page.named("name").sent == ["Half a na"]
    assert page.named("token").sent == [str(token)]


def test_a_draft_is_its_makers_alone(as_maker, other_maker):
    token = uuid.uuid4()
    save_draft(KIND, clean(CreateRetailUser, {"name": "Secret Plan"}), by=other_maker, token=token)
    assert as_maker.get(f"{NEW}?draft={token}").status_code == 404
    assert as_maker.get(reverse("accounts:new_check", args=[token])).status_code == 404
    kept = as_maker.post(reverse("accounts:new_keep", args=[token]), filled())
    assert kept.status_code == 403
    html = as_maker.post(NEW, filled(token=str(token), name="Mine Instead")).content.decode()
    assert Page(html).named("name").sent == ["Mine Instead"]
    assert draft_values(Change.objects.get(token=token))["name"] == "Secret Plan"


def test_after_an_expired_login_everything_typed_comes_back_and_nothing_is_stored(client):
    answer = client.post(NEW, filled(name="Still Here"))
    html = answer.content.decode()
    assert answer.status_code == 401
    assert Page(html).named("name").sent == ["Still Here"]
    assert "logged out" in html
    assert "Sesame42" not in html
    assert not Change.objects.exists()


def test_after_an_expired_login_the_script_is_told_so(client):
    answer = client.post(reverse("accounts:new_keep", args=[uuid.uuid4()]), filled())
    assert answer.status_code == 401
    assert not Change.objects.exists()


def test_a_double_click_on_submit_is_one_change(as_maker):
    checked = as_maker.post(NEW, filled())
    sent = Page(as_maker.get(checked.url).content.decode()).sent(reason="New client")
    first = as_maker.post(checked.url, sent)
    second = as_maker.post(checked.url, sent)
    assert first.url == second.url
    assert Change.objects.count() == 1


def test_a_form_sent_again_after_it_was_submitted_leads_to_the_change(as_maker):
    sent = filled()
    checked = as_maker.post(NEW, sent)
    as_maker.post(checked.url, Page(as_maker.get(checked.url).content.decode()).sent(reason="New client"))
    change = Change.objects.get()
    assert as_maker.post(NEW, sent).url == change.get_absolute_url()
    for back in (f"{NEW}?draft={change.token}", checked.url):
        page = as_maker.get(back, follow=True)
        assert page.redirect_chain[0][0] == change.get_absolute_url()
        assert "This form was submitted already." in page.content.decode()


def test_a_draft_changed_in_another_tab_is_not_submitted_unseen(as_maker):
    sent = filled()
    checked = as_maker.post(NEW, sent)
    page = Page(as_maker.get(checked.url).content.decode())
    as_maker.post(NEW, {**sent, "name": ["Other Rao"]})
    answer = as_maker.post(checked.url, page.sent(reason="New client"))
    assert answer.status_code == 409
    assert "Review it again" in answer.content.decode()
    assert Change.objects.get().state == State.DRAFT


def test_people_begin_where_they_type_first(as_maker):
    assert " data-focus-first" in as_maker.get(NEW).content.decode()
    checked = as_maker.get(as_maker.post(NEW, filled()).url).content.decode()
    reason = checked[checked.index('<textarea id="reason"') :]
    assert 'data-focus="stay"' in reason[: reason.index(">")]


def test_a_reason_is_asked_for_and_nothing_is_lost(as_maker):
    checked = as_maker.post(NEW, filled())
    answer = as_maker.post(checked.url, Page(as_maker.get(checked.url).content.decode()).sent(reason=" "))
    assert answer.status_code == 409
    assert '<a href="#reason">Give a reason' in answer.content.decode()


def test_the_check_page_of_a_faulty_draft_leads_back_to_the_form_with_its_findings(as_maker, maker):
    token = uuid.uuid4()
    save_draft(KIND, clean(CreateRetailUser, {"name": "Asha Rao"}), by=maker, token=token)
    answer = as_maker.get(reverse("accounts:new_check", args=[token]))
    assert answer.status_code == 302
    assert "to fix" in as_maker.get(answer.url).content.decode()


def test_records_are_added_and_removed_without_a_script(as_maker):
    sent = filled(press="add:banks")
    count = sum(name.endswith("-bank_id") for name in sent)
    page = Page(as_maker.post(NEW, sent).content.decode())
    assert sum(c.attributes["name"].endswith("-bank_id") for c in page.controls) == count + 1
    page = Page(as_maker.post(NEW, page.sent(press=f"remove:banks:{count}")).content.decode())
    assert sum(c.attributes["name"].endswith("-bank_id") for c in page.controls) == count
    page = Page(as_maker.post(NEW, page.sent(press="default:banks:1")).content.decode())
    assert [page.named(f"banks-{number}-is_default").sent for number in range(2)] == [["0"], ["1"]]


@pytest.mark.parametrize(
    "action", ["add:pan", "remove:banks:x", "default:mf_ucc:0", "copy:name:pan", "nonsense", "add:"]
)
def test_a_forged_button_does_nothing(as_maker, action):
    assert as_maker.post(NEW, filled(press=action)).status_code == 200


def test_segments_are_copied_without_a_script(as_maker):
    sent = filled(
        press="copy:trading_segments:login_segments", trading_segments=["1", "41"], login_segments=["2"]
    )
    answer = as_maker.post(NEW, sent)
    assert Page(answer.content.decode()).sent()["login_segments"] == ["1", "41"]


def test_a_cleaned_value_is_taken_without_a_script(as_maker):
    sent = filled(name="Asha | Rao", use="name")
    page = Page(as_maker.post(NEW, sent).content.decode())
    assert "|" not in page.named("name").sent[0]


def test_a_cleaned_value_of_a_record_is_taken_without_a_script(as_maker):
    sent = filled(**{"banks-1-branch_name": "An|dheri", "use": "banks.1.branch_name"})
    page = Page(as_maker.post(NEW, sent).content.decode())
    assert "|" not in page.named("banks-1-branch_name").sent[0]


def test_what_is_typed_cannot_become_markup(as_maker):
    evil = '"><script>alert(1)</script>'
    sent = filled(name=evil, **{"banks-0-bank_id": evil, "mf_ucc-nominee_address": evil, "gender": evil})
    assert "<script>alert" not in as_maker.post(NEW, sent).content.decode()


def test_only_makers_get_the_form(client, checker):
    client.force_login(checker)
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, filled()).status_code == 403
    client.logout()
    assert "/login/" in client.get(NEW).url


def test_one_may_start_again_from_ones_own_withdrawn_change(as_maker, maker, other_maker):
    values = clean(CreateRetailUser, {**example(CreateRetailUser), "password": SecretText("Sesame42")})
    for person, expected in ((maker, 200), (other_maker, 404)):
        values["user_id"] = f"AGAIN{expected}"
        change = submit(KIND, values, by=person, reason="New client", token=uuid.uuid4(), typed=True)
        assert as_maker.get(f"{NEW}?again={change.pk}").status_code == 404
        withdraw(change.pk, by=person)
        assert as_maker.get(f"{NEW}?again={change.pk}").status_code == expected


@pytest.mark.parametrize(
    "query", ["draft=nonsense", "again=x", "again=99999999999999999999", f"draft={uuid.uuid4()}"]
)
def test_an_address_that_leads_nowhere_says_so(as_maker, query):
    assert as_maker.get(f"{NEW}?{query}").status_code == 404


def test_conditional_parts_say_why(as_maker):
    html = as_maker.post(NEW, filled(pan="x")).content.decode()
    assert "Needed because Mutual fund is allowed." in html


def test_a_draft_kept_again_unchanged_may_still_be_submitted(as_maker):
    sent = filled()
    checked = as_maker.post(NEW, sent)
    page = Page(as_maker.get(checked.url).content.decode())
    as_maker.post(reverse("accounts:new_keep", args=sent["token"]), {**sent, "password": [""]})
    as_maker.post(checked.url, page.sent(reason="New client"))
    assert Change.objects.get().state == State.SUBMITTED
