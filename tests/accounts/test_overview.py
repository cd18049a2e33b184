"""A retail user at a glance: the overview, and the head that every tab has."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import RetailUser
from accounts.overview import EVENTS, segments
from backoffice.delivery.handlers import apply
from backoffice.masters.models import Name
from backoffice.odin.models import Question
from limits.models import Periodicity
from limits.reading_shapes import Kind
from tests.factories import (
    BankAccountFactory,
    ChangeFactory,
    DeliveryFactory,
    EntryFactory,
    RetailUserFactory,
    SquareOffFactory,
    retail_user_values,
)
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db

PAGE = "/users/HO/RET001/"


@pytest.fixture
def user():
    apply(301, "HO/RET001", retail_user_values())
    return RetailUser.objects.get()


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


def shown(client, url=PAGE):
    answer = client.get(url)
    assert answer.status_code == 200
    return flowed(answer.content.decode())


@pytest.mark.parametrize(
    "url", [PAGE, f"{PAGE}?tab=history", reverse("limits:readings", args=["HO", "RET001"])]
)
def test_every_tab_has_the_head_of_the_user(user, as_maker, url):
    html = shown(as_maker, url)
    assert "<title>Asha Testwala HO/RET001 ·" in html
    assert "<h1>Asha Testwala</h1>" in html
    assert 'data-copy="HO/RET001"' in html
    assert "Propose a change" in html
    assert 'aria-current="page"' in html


def test_the_page_of_access_checks_has_the_head_too(user, client, checker):
    client.force_login(checker)
    assert "<h1>Asha Testwala</h1>" in shown(client, reverse("trading:access", args=["HO", "RET001"]))


def test_what_is_dangerous_is_in_a_menu_and_what_is_done_most_in_sight(user, as_maker):
    html = shown(as_maker)
    menus = re.findall(r"<details.*?</details>", html)
    assert any("Suspend Asha Testwala" in menu and "Make inactive" in menu for menu in menus)
    outside = re.sub(r"<details.*?</details>", "", html)
    assert "Suspend" not in outside
    assert reverse("accounts:change", args=["HO", "RET001", "cash_deposit"]) in outside


def test_who_may_propose_nothing_sees_no_way_to(user, client, support):
    client.force_login(support)
    html = shown(client)
    for text in ("Suspend", "Propose a change", "/edit/", "/change/"):
        assert text not in html


def test_codes_are_shown_by_name_with_the_code_beside(user, as_maker):
    Name.objects.create(list="tax_statuses", code="1", label="Individual")
    Name.objects.create(list="banks", code="SAMPLEBANK", label="Sample Bank Ltd")
    Periodicity.objects.create(number=15, market_segment="NSE Cash")
    SquareOffFactory(retail_user=user, periodicity=15, mtm="80.00")
    RetailUser.objects.update(tax_status="1")
    html = shown(as_maker)
    assert 'Individual <span class="code">1</span>' in html
    assert 'Sample Bank Ltd <span class="code">SAMPLEBANK</span>' in html
    assert 'NSE Cash <span class="code">15</span>' in html


def test_segments_are_a_matrix_of_exchange_and_right():
    user = RetailUserFactory.build(
        trading_segments=["1", "2", "41"],
        market_data_segments=["1"],
        login_segments=[],
        inactive_segments=["2"],
    )
    found = {
        exchange: {cell.label: list(cell.segments) for cell in cells} for exchange, cells in segments(user)
    }
    assert found == {
        "NSE": {
            "Trading": [("Cash", False), ("Derivatives", True)],
            "Market data": [("Cash", False)],
            "Login": [],
        },
        "MF": {"Trading": [("Mutual Fund", False)], "Market data": [], "Login": []},
    }


def test_what_came_back_or_may_not_have_arrived_stands_first(user, as_maker):
    ChangeFactory(subject="HO/RET001")
    unknown = DeliveryFactory(lane="HO/RET001", state="unknown")
    html = shown(as_maker)
    work = html[html.index('id="under-way"') :]
    assert work.index(f"D-{unknown.pk}") < work.index("(C-")


def test_what_is_under_way_is_asked_for_alone(user, as_maker):
    DeliveryFactory(lane="HO/RET001")
    answer = as_maker.get(PAGE, headers={"HX-Request": "true", "HX-Target": "under-way"})
    assert flowed(answer.content.decode()).startswith('<section id="under-way"')


def test_the_last_events_are_the_newest_changes_and_what_belongs_to_none(user, client, checker):
    changes = [ChangeFactory(subject="HO/RET001") for _ in range(EVENTS)]
    EntryFactory(subject="HO/RET001", text="Personal data shown.")
    client.force_login(checker)
    html = shown(client)
    events = html[html.index('id="happened-title"') :]
    assert events.index("Personal data shown.") < events.index(f"C-{changes[-1].pk}")
    assert f"(C-{changes[0].pk})" not in events


def test_more_accounts_than_fit_are_named_as_more(user, as_maker):
    assert ">More</a>" not in shown(as_maker)
    for _ in range(9):
        BankAccountFactory(retail_user=user)
    assert ">More</a>" in shown(as_maker)


def test_funds_are_read_from_the_overview_and_the_answer_appears_there(user, as_maker):
    Periodicity.objects.create(number=15, market_segment="NSE Cash")
    html = shown(as_maker)
    assert "Not read yet." in html
    assert f'name="next" value="{PAGE}#funds"' in html
    asked = {"periodicity": "15", "next": f"{PAGE}#funds"}
    answer = as_maker.post(reverse("limits:ask", args=["HO", "RET001", "summary"]), asked)
    assert answer.url == f"{PAGE}#funds"
    html = shown(as_maker)
    assert "Asked <time" in html
    assert 'hx-select="#funds"' in html
    Question.objects.filter(message_type=Kind.FUNDS_SUMMARY).update(
        state=Question.State.ANSWERED,
        answer='63=FT1.0|64=317|18=1|19={"FundsViewSummary":{"Net Available Funds":"150000.50"}}',
        ended_at=timezone.now(),
    )
    html = shown(as_maker)
    assert "₹ 1,50,000.50" in html
    assert 'hx-select="#funds"' not in html


def test_funds_stay_with_those_who_may_see_limits(user, reader, client):
    reader.user_permissions.set(reader.user_permissions.filter(codename="view_retailuser"))
    assert 'id="funds"' not in shown(client)
