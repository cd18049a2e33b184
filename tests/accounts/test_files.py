"""Files of retail users, uploaded on the page: what is applied before, what goes out, what is found."""

import uuid

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import RetailUser, Source
from backoffice.batches.models import Batch, RowState, State
from backoffice.changes.kinds import kind_of_file
from backoffice.delivery.models import Attempt, Delivery
from backoffice.delivery.sending import drain
from backoffice.masters.operations import keep
from backoffice.protocol.message import clean
from tests.batches.files import example_row
from tests.factories import RetailUserFactory
from tests.uploads import said, sent, uploaded

pytestmark = pytest.mark.django_db(transaction=True)

UPDATE = "update_retail_user"
ASHA = {"user_id": "WEBRET1", "group_id": "HO"}
#: Column, cell, and the tag that the document gives it in a 320 (U1).
REPEATED = [
    ("global_flag", "1", "278"),
    ("orders_per_second", "7", "279"),
    ("max_broadcast_scrips", "20", "280"),
    ("max_gtd", "30", "247"),
]


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


@pytest.fixture
def asha(odin, approved):
    """A retail user whom ODIN has confirmed over SOAP."""
    approved(**ASHA, orders_per_second="3", max_broadcast_scrips="", max_gtd="10")
    drain(5)
    return RetailUser.objects.get(**ASHA)


class TestSettingsThatEveryUpdateRepeats:
    @pytest.mark.parametrize(("name", "cell", "tag"), REPEATED)
    def test_one_alone_is_changed_and_the_row_is_then_applied_before(
        self, asha, odin, as_maker, checker, name, cell, tag
    ):
        (row,) = rows = uploaded(as_maker, UPDATE, {**ASHA, name: cell})
        assert row.state == RowState.GOOD
        sent(as_maker, checker, rows)
        drain(5)
        assert odin.store.user("HO", "WEBRET1")["values"][name] == cell
        assert f"|{tag}={cell}|" in Attempt.objects.latest("pk").request
        (again,) = uploaded(as_maker, UPDATE, {**ASHA, name: cell})
        assert again.state == RowState.DONE_BEFORE

    def test_what_stands_for_the_same_default_is_the_same(self, asha, as_maker):
        (row,) = uploaded(as_maker, UPDATE, {**ASHA, "max_broadcast_scrips": "-1"})
        assert row.state == RowState.DONE_BEFORE

    def test_a_setting_that_nobody_knows_is_emptied_and_not_called_applied(self, as_maker):
        RetailUserFactory(**ASHA, max_gtd=None, unknown_fields=["max_gtd", "fax"])
        (gtd,) = uploaded(as_maker, UPDATE, {**ASHA, "max_gtd": "(clear)"})
        assert (gtd.state, gtd.values["max_gtd"]) == (RowState.GOOD, "")
        (fax,) = uploaded(as_maker, UPDATE, {**ASHA, "fax": "(clear)", "max_gtd": "0"})
        assert (fax.state, fax.values["fax"]) == (RowState.GOOD, "")


class TestAppliedBefore:
    """Every value that the row gives equals what ODIN confirmed."""

    def test_what_was_only_declared_is_sent(self, as_maker):
        RetailUserFactory(**ASHA, city="Pune", source=Source.DECLARED, confirmed_at=None)
        (row,) = uploaded(as_maker, UPDATE, {**ASHA, "city": "Pune"})
        assert (row.state, row.values["city"]) == (RowState.GOOD, "Pune")

    def test_a_user_who_was_only_declared_was_not_created_by_a_row(self, as_maker, asha):
        cells = {
            name: value
            for name, value in example_row("create_retail_user").items()
            if not name.startswith(("bank_", "demat_", "mf_ucc"))
        }
        cells |= {"products": "", "password": "Sesame42", "reference": ""}
        values = {name: getattr(asha, name) for name in cells if hasattr(asha, name)}
        cells |= {name: value for name, value in values.items() if isinstance(value, str)}
        cells |= {"orders_per_second": "3", "max_broadcast_scrips": "-1", "max_gtd": "10"}
        (row,) = uploaded(as_maker, "create_retail_user", cells)
        assert row.state == RowState.DONE_BEFORE
        RetailUser.objects.update(source=Source.DECLARED)
        (row,) = uploaded(as_maker, "create_retail_user", cells)
        assert ("user_id", "portal.exists") in said(row)

    def test_a_row_that_gives_nothing_is_said(self, asha, as_maker):
        (row,) = uploaded(as_maker, UPDATE, {**ASHA, "city": "", "reference": "R1"})
        assert (row.state, said(row)) == (RowState.WRONG, {("", "portal.nothing")})

    @pytest.mark.parametrize(
        ("column", "path"),
        [
            ("bank_1_branch_name", "banks.0.branch_name"),
            ("mf_ucc_nominee_address", "mf_ucc.nominee_address"),
        ],
    )
    def test_a_part_of_an_account_that_is_emptied_alone_is_an_error(self, asha, as_maker, column, path):
        (row,) = uploaded(as_maker, UPDATE, {**ASHA, column: "(clear)"})
        assert (row.state, (path, "file.clear") in said(row)) == (RowState.WRONG, True)

    def test_another_manager_is_a_change(self, asha, as_maker):
        (row,) = uploaded(as_maker, UPDATE, {**ASHA, "manager_id": "10.0.10.9"})
        assert (row.state, row.values["manager_id"]) == (RowState.GOOD, "10.0.10.9")

    @pytest.mark.parametrize(("known", "cell"), [("0", "1"), ("1", "0")])
    def test_u14_the_user_type_is_not_changed_by_an_update(self, as_maker, known, cell):
        RetailUserFactory(**ASHA, odin_user_type=known)
        (row,) = uploaded(as_maker, UPDATE, {**ASHA, "odin_user_type": cell})
        assert ("odin_user_type", "U14") in said(row)

    @pytest.mark.parametrize("slug", ["qvl_templates", "dealer_mapping"])
    def test_a_row_that_names_no_template_or_dealer_is_wrong(self, asha, as_maker, slug):
        empty = dict.fromkeys(example_row(slug), "") | ASHA
        (row,) = uploaded(as_maker, slug, empty)
        assert row.state == RowState.WRONG

    def test_a_template_for_another_manager_or_category_is_not_applied_before(self, asha, as_maker):
        asha.templates.create(template_type="1", template_name="ALL", level="0")
        cells = {**ASHA, "template_type": "1", "template_name": "ALL", "level": "0"}
        states = [
            uploaded(as_maker, "user_template", {**cells, **other})[0].state
            for other in ({}, {"manager_id": "10.0.10.9"}, {"category": "3"})
        ]
        assert states == [RowState.DONE_BEFORE, RowState.GOOD, RowState.GOOD]


class TestNonOdinUsers:
    """U2: a non-ODIN user needs no manager."""

    @pytest.fixture
    def guest(self, odin, approved):
        names = ("trading_segments", "market_data_segments", "login_segments", "login_types")
        empty = {name: [] for name in names}
        approved(user_id="GUEST1", group_id="HO", manager_id="", odin_user_type="0", **empty)
        drain(5)
        return RetailUser.objects.get(user_id="GUEST1")

    def test_one_without_a_manager_is_updated_by_file(self, guest, odin, as_maker, checker):
        rows = uploaded(as_maker, UPDATE, {"user_id": "GUEST1", "group_id": "HO", "city": "Pune"})
        assert [row.state for row in rows] == [RowState.GOOD]
        sent(as_maker, checker, rows)
        drain(5)
        assert Delivery.objects.latest("pk").code == "1"
        assert "|203=|" in Attempt.objects.latest("pk").request
        assert odin.store.user("HO", "GUEST1")["values"]["city"] == "Pune"

    def test_the_manager_of_one_who_was_declared_without_need_not_be_chosen(self, as_maker):
        RetailUserFactory(**ASHA, odin_user_type="0", manager_id="", unknown_fields=["manager_id"])
        (row,) = uploaded(as_maker, UPDATE, {**ASHA, "city": "Pune"})
        assert (row.state, row.values["manager_id"]) == (RowState.GOOD, "")


@pytest.mark.parametrize(
    ("slug", "cells"),
    [
        ("user_template", {"template_type": "11", "template_name": "CRP1"}),
        ("dealer_mapping", {"action": "A", "dealer_group": "HO", "dealer_id": "DEAL1"}),
    ],
)
def test_the_category_of_a_row_is_the_users_own_or_asked_for(as_maker, slug, cells):
    user = RetailUserFactory(**ASHA, category="3")
    (row,) = uploaded(as_maker, slug, {**ASHA, **cells})
    assert (row.state, row.values["category"]) == (RowState.GOOD, "3")
    RetailUser.objects.filter(pk=user.pk).update(category="", unknown_fields=["category"])
    (row,) = uploaded(as_maker, slug, {**ASHA, **cells})
    assert row.state == RowState.WRONG
    assert "category" in {path for path, _ in said(row)}


class TestNames:
    """A row is warned of names that the master lists do not have, as the form is."""

    @pytest.fixture
    def lists(self, admin):
        for list_name, code, within in (
            ("banks", "HDFC", ""),
            ("templates", "ALL", "1"),
            ("dealers", "DEAL1", "HO"),
            ("groups", "HO", ""),
            ("qvl_templates", "ALL", ""),
        ):
            keep(list_name, code, "", within=within, by=admin)

    @pytest.mark.parametrize(
        ("slug", "cells", "path"),
        [
            ("create_retail_user", {"bank_1_bank_id": "HDFX"}, "banks.0.bank_id"),
            (
                UPDATE,
                {"bank_1_bank_id": "HDFX", "bank_1_account_no": "1", "bank_1_account_type": "SB"},
                "banks.0.bank_id",
            ),
            ("register_retail_user", {"bank_1_bank_id": "HDFX"}, "banks.0.bank_id"),
            ("user_template", {"template_name": "ALX"}, "template_name"),
            ("qvl_templates", {"template_name": "ALX"}, "templates.0.template_name"),
            ("dealer_mapping", {"dealer_id": "DEAL9"}, "mappings.0.dealer_id"),
        ],
    )
    def test_one_that_no_list_has_is_a_warning_as_in_the_form(self, lists, as_maker, slug, cells, path):
        own = {**example_row(slug), "user_id": "WEBRET1", "group_id": "HO"}
        if slug not in ("create_retail_user", "register_retail_user"):
            RetailUserFactory(**ASHA)
        if slug == UPDATE:
            own = {**dict.fromkeys(cells, ""), **ASHA, "city": "Pune"}
        good, warned = uploaded(as_maker, slug, own, {**own, "user_id": "WEBRET2", **cells})
        assert (path, "portal.names") not in said(good)
        assert (path, "portal.names") in said(warned)
        kind = kind_of_file(slug)
        (form,) = kind.examine([clean(kind.message, warned.values)])
        assert {(f.path, f.rule) for f in form.findings if f.rule == "portal.names"} == {
            pair for pair in said(warned) if pair[1] == "portal.names"
        }

    def test_many_rows_ask_for_the_lists_once(self, lists, as_maker):
        RetailUserFactory(**ASHA)
        rows = [{**ASHA, "template_type": "1", "template_name": f"X{number}"} for number in range(60)]
        names = [{**row, "user_id": f"U{number}"} for number, row in enumerate(rows)]
        caches["process"].clear()
        with CaptureQueriesContext(connection) as asked:
            assert len(uploaded(as_maker, "user_template", *names)) == 60
        assert len([one for one in asked if "masters_name" in one["sql"]]) <= 4


def test_a_row_may_name_more_accounts_than_one_message_takes(as_maker, checker, odin):
    banks = {
        f"bank_{number}_{name}": cell
        for number in range(1, 31)
        for name, cell in {
            "bank_id": f"BANK{number}",
            "branch_name": "A branch with a long name",
            "account_no": f"{number:016}",
            "account_type": "SB",
        }.items()
    }
    RetailUserFactory(**ASHA)
    (row,) = uploaded(as_maker, UPDATE, {**ASHA, **banks})
    assert row.state == RowState.GOOD
    sent = [bank["bank_id"] for message in row.messages for bank in message["values"]["banks"]]
    assert sent == [f"BANK{number}" for number in range(1, 31)]
    assert len(row.messages) > 1


def test_a_column_beyond_those_that_a_file_may_have_is_named_before_anything_is_read(as_maker):
    file = SimpleUploadedFile("file.csv", b"user_id,group_id,bank_100_bank_id\nWEBRET1,HO,HDFC\n")
    address = reverse("batches:upload", args=[UPDATE])
    page = as_maker.post(address, {"file": file, "token": uuid.uuid4()}, follow=True).content.decode()
    assert "bank_100_bank_id" in page
    assert Batch.objects.get().state == State.UPLOADED
