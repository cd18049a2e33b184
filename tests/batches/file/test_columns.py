"""Columns from the declarations, and headers matched to them."""

import pytest

from backoffice.batches.file.columns import by_name, columns
from backoffice.batches.file.matching import IGNORED, LEAVE_OUT, chosen, in_words, match, problems
from backoffice.batches.models import Alias
from backoffice.changes.kinds import file_kind, file_kinds
from tests.batches.files import names

CREATE = "create_retail_user"


@pytest.mark.parametrize("slug", file_kinds())
def test_every_kind_has_columns_with_words_for_each(slug):
    shown = columns(file_kind(slug).layout)
    assert len({column.name for column in shown}) == len(shown)
    assert all(column.label and column.path for column in shown)
    assert {"user_id", "group_id"} <= {column.name for column in shown if column.required}


@pytest.mark.parametrize(
    ("slug", "first"),
    [("dealer_mapping", "action"), ("square_off", "action"), (CREATE, "profile")],
)
def test_what_is_to_be_done_stands_first(slug, first):
    assert names(slug)[0] == first


def test_records_are_numbered_and_say_when_they_are_mandatory():
    known = by_name(file_kind(CREATE).layout)
    bank = known["bank_2_account_no"]
    assert (bank.path, bank.required, bank.when) == ("banks.1.account_no", False, "for every Bank")
    assert known["bank_9_account_no"].path == "banks.8.account_no"
    assert known["mf_ucc_holding_mode"].path == "mf_ucc.holding_mode"
    assert known["birth_date"].when.startswith("when there is a demat account")


def test_a_column_says_what_its_declaration_says():
    known = by_name(file_kind(CREATE).layout)
    assert (known["name"].tag, known["name"].max_length, known["name"].when) == (206, 40, "always")
    assert ("A", "Active") in known["status"].codes
    assert "Empty is A (Active)" in known["status"].help
    assert not known["status"].required
    assert known["trading_segments"].several
    assert known["trading_segments"].example == "NSE Cash;NSE Derivatives;BSE Cash"
    assert known["password"].secret


def test_what_the_record_or_the_portal_fills_in_need_not_be_there():
    known = by_name(file_kind("user_template").layout)
    assert not known["manager_id"].required
    assert not by_name(file_kind("cash_deposit").layout)["reference"].required
    assert by_name(file_kind("status").layout)["status"].required


def test_an_update_has_no_column_that_320_cannot_carry():
    known = by_name(file_kind("update_retail_user").layout)
    assert not {"password", "category", "family_id"} & known.keys()
    assert known["bank_1_action"].help == "Empty is insert or modify."


@pytest.mark.django_db
class TestHeaders:
    @pytest.mark.parametrize(
        "header", ["user_id", "USER ID", "UserId", " user-id ", "201", "UCC", "Client Code"]
    )
    def test_ways_to_write_a_header(self, header):
        assert match(file_kind(CREATE).layout, [header]) == ["user_id"]

    def test_labels_of_records(self):
        layout = file_kind(CREATE).layout
        assert match(layout, ["Bank 1: Account number", "BANK 2 BANK ID", "MF UCC holding mode"]) == [
            "bank_1_account_no",
            "bank_2_bank_id",
            "mf_ucc_holding_mode",
        ]

    def test_an_administrator_adds_a_name(self):
        layout = file_kind(CREATE).layout
        assert match(layout, ["Kunde"]) == [""]
        Alias.objects.create(alias="Kunde", column="name")
        assert match(layout, ["KUNDE"]) == ["name"]

    def test_an_alias_does_not_take_the_place_of_a_name(self):
        Alias.objects.create(alias="city", column="name")
        assert match(file_kind(CREATE).layout, ["City"]) == ["city"]

    def test_the_portals_own_columns_are_ignored(self):
        assert match(file_kind(CREATE).layout, ["Portal status"]) == [IGNORED]

    def test_a_whole_template_has_no_problem(self):
        for kind in file_kinds().values():
            headers = [column.name for column in columns(kind.layout)]
            assert match(kind.layout, headers) == headers
            assert problems(kind.layout, headers, headers) == []

    def test_unknown_doubled_missing_and_nameless_columns_are_all_named(self):
        layout = file_kind("cash_deposit").layout
        headers = ["user_id", "UCC", "colour", "", "product_id"]
        found = problems(layout, headers, match(layout, headers))
        assert found == [
            "The columns “user_id” and “UCC” both mean User id. Leave one of them out.",
            "The column “colour” is not known. Choose what it means, or leave it out.",
            "Column 4 has no header. Name it, or remove it.",
            "The column group_id (Group id) is missing.",
        ]

    def test_a_column_left_out_on_purpose_is_no_problem(self):
        layout = file_kind("cash_deposit").layout
        headers = ["user_id", "group_id", "product_id", "colour"]
        assert problems(layout, headers, [*headers[:3], IGNORED]) == []

    @pytest.mark.parametrize("slug", file_kinds())
    def test_what_is_shown_for_a_column_is_read_as_this_column(self, slug):
        layout = file_kind(slug).layout
        names = [*by_name(layout), IGNORED]
        assert chosen(layout, in_words(layout, names)) == names

    def test_what_was_typed_and_means_nothing_is_named(self):
        layout = file_kind("cash_deposit").layout
        headers = ["user_id", "group_id", "product_id", "colour"]
        names = chosen(layout, ["UCC", "202", "product id", "Farbe"])
        assert names == ["user_id", "group_id", "product_id", "Farbe"]
        assert problems(layout, headers, names) == [
            "No column is called “Farbe”. Choose one of those offered for column 4, or leave it out."
        ]
        assert problems(layout, headers, chosen(layout, [*headers[:3], LEAVE_OUT])) == []
        assert chosen(layout, ["Portal code"]) == ["Portal code"]  # a header like that is the portal's own
