"""Who raised a limit, with which document: on the list and on the page of a retail user, with running totals."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.utils import timezone

from backoffice.kit.step_chart import Point, step_chart
from backoffice.protocol.messages.limits import CashDeposit
from limits.models import LimitUpdate
from limits.origins import totals_of
from tests.factories import (
    ChangeFactory,
    DeliveryFactory,
    LimitUpdateFactory,
    RetailUserFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db


def words(html):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


@pytest.fixture
def raised():
    """Confirm a deposit that somebody requested and approved; gives back the update and its change."""
    user = RetailUserFactory(group_id="HO", user_id="RET001", name="Asha Testwala")
    meera, chitra = (StaffFactory(first_name=name, last_name="Rao") for name in ("Meera", "Chitra"))

    def confirm(amount, reference, **columns):
        values = {"group_id": "HO", "user_id": "RET001", "amount": amount, "reference": reference}
        change = ChangeFactory.approved(
            kind="cash_deposit",
            subject=user.lane,
            made_by=meera,
            decided_by=chitra,
            reason="Cheque 4711",
            messages=[{"type": CashDeposit.type, "values": values}],
            own_values=values,
        )
        DeliveryFactory.settled(
            "applied", lane=user.lane, change=change, message_type=CashDeposit.type, reference=reference
        )
        update = LimitUpdateFactory(retail_user=user, amount=amount, reference=reference, **columns)
        return update, change

    return confirm


def test_the_list_answers_who_raised_a_limit_and_leads_to_the_change(as_maker, raised):
    update, change = raised("750000.00", "PAYIN1")
    html = as_maker.get("/limits/").content.decode()
    for said in ("Meera Rao", "Chitra Rao", "Cheque 4711", f"C-{change.pk}", "7,50,000.00"):
        assert said in words(html), said
    assert f'data-href="{change.get_absolute_url()}"' in html
    assert f'data-href="{update.get_absolute_url()}"' not in html
    assert "PAYIN1" in words(as_maker.get("/limits/?columns=reference").content.decode())


def test_a_limit_that_the_portal_did_not_raise_leads_to_its_retail_user(as_maker):
    update = LimitUpdateFactory()
    assert f'data-href="{update.get_absolute_url()}"' in as_maker.get("/limits/").content.decode()


def test_running_totals_are_of_one_retail_user_kind_and_product(as_maker, raised):
    raised("100.00", "A1")
    raised("50.00", "A2")
    raised("7.00", "A3", product_id=2)
    raised("9.00", "A4", kind=LimitUpdate.Kind.COLLATERAL)
    raised("1000.00", "A5", notional_deposit="5.00")
    LimitUpdateFactory(amount="10000.00")
    shown = dict(_totals(as_maker.get("/limits/?columns=reference,total").content.decode()))
    expected = {
        "A1": "100.00",
        "A2": "150.00",
        "A3": "7.00",
        "A4": "9.00",
        "A5": "1,150.00 notional 5.00",
    }
    assert {name: shown[name] for name in expected} == expected
    tab = as_maker.get("/users/HO/RET001/?tab=limits")
    assert {one.update.reference: one.totals.amount for one in tab.context["raised"]} == {
        "A1": Decimal(100),
        "A2": Decimal(150),
        "A3": Decimal(7),
        "A4": Decimal(9),
        "A5": Decimal(1150),
    }
    assert len(tab.context["charts"]) == 4


def _totals(html):
    """Reference and running total of each row."""
    for row in re.findall(r"<tr data-href.*?</tr>", html, re.DOTALL):
        total = re.search(r'data-label="Running total ₹"[^>]*>(.*?)</td>', row, re.DOTALL)[1]
        yield re.search(r'data-copy="(\w+)"', row)[1], words(total.replace("<br>", " ")).strip()


def test_the_tab_tells_the_same_by_a_chart_and_a_table(as_maker, raised):
    _, change = raised("750000.00", "PAYIN1")
    html = as_maker.get("/users/HO/RET001/?tab=limits").content.decode()
    assert 'class="chart step-chart"' in html
    assert f"requested by Meera Rao (C-{change.pk}), total ₹\u00a07,50,000.00" in unescape(html)
    for said in ("Meera Rao", "Chitra Rao", "Cheque 4711"):
        assert said in words(html), said
    assert f'href="{change.get_absolute_url()}"' in html
    assert "/limits/?q=" not in html, "the list would only lead back here"


def test_a_chart_rises_in_steps_within_its_drawing():
    now = timezone.now()
    points = [Point(now, Decimal(value), "") for value in (100, 150, 1150)]
    chart = step_chart("Cash deposit", points, whole=True)
    assert [mark.y for mark in chart.marks] == sorted((mark.y for mark in chart.marks), reverse=True)
    assert all(0 <= mark.x <= 100 and 0 < mark.y < chart.height for mark in chart.marks)
    assert chart.grid[-1][1] == "2,000"
    assert step_chart("One", points[:1], whole=False).path.count("V") == 1


@pytest.mark.only_on("postgresql")
def test_the_running_totals_of_many_deposits_read_each_of_them_once(django_assert_num_queries):
    user = RetailUserFactory()
    numbers = [update.pk for update in LimitUpdateFactory.create_batch(40, retail_user=user, amount="5.00")]
    LimitUpdateFactory.create_batch(20)
    with django_assert_num_queries(2) as asked:
        totals = totals_of(numbers[20:])
    assert [totals[number].amount for number in numbers[20:]] == [Decimal(5 * n) for n in range(21, 41)]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked[1]['sql']}")
        ((plan,),) = cursor.fetchone()
    assert _read(plan["Plan"], LimitUpdate._meta.db_table) <= 60, "read again for each later one"


def _read(plan, table):
    """How many rows a plan read of a table."""
    own = plan["Actual Rows"] * plan["Actual Loops"] if plan.get("Relation Name") == table else 0
    return own + sum(_read(each, table) for each in plan.get("Plans", ()))
