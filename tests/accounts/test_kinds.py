"""What the portal says about a proposed retail user beyond the protocol's rules."""

import pytest

from accounts.kinds.create_retail_user import KIND
from backoffice.changes.examination import Asked
from backoffice.changes.kinds import KINDS
from backoffice.protocol.findings import Severity
from tests.factories import (
    BankAccountFactory,
    ChangeFactory,
    DeliveryFactory,
    DematAccountFactory,
    RetailUserFactory,
    bank_values,
    demat_values,
    retail_user_values,
)

pytestmark = pytest.mark.django_db


known = KIND.known


def create_findings(values):
    (assessed,) = KIND.assess([Asked(values)], KIND.records([KIND.subject(values)]))
    return assessed.findings


def found(**changed):
    return [(finding.path, finding.severity) for finding in create_findings(retail_user_values(**changed))]


def test_a_new_retail_user_has_no_findings():
    assert found() == []


def test_the_create_kind_is_registered():
    assert KINDS["create_retail_user"].message.type == 301


def test_a_user_that_exists_is_an_error_that_says_what_to_do():
    RetailUserFactory(group_id="HO", user_id="RET001")
    [finding] = create_findings(retail_user_values())
    assert (finding.path, finding.severity) == ("user_id", Severity.ERROR)
    assert "HO/RET001 is already a retail user here" in finding.text


def test_the_same_user_id_in_another_group_is_another_user():
    RetailUserFactory(group_id="B2", user_id="RET001")
    assert found() == []


@pytest.mark.parametrize("values", [{"user_id": "A/B"}, {"group_id": "A/B"}, {"user_id": ".."}])
def test_an_id_that_would_mix_up_lanes_or_addresses_is_an_error(values):
    assert found(**values) == [(next(iter(values)), Severity.ERROR)]


def test_another_create_of_the_same_user_that_waits_for_a_checker_is_an_error():
    change = ChangeFactory(subject="HO/RET001")
    [finding] = create_findings(retail_user_values())
    assert finding.severity == Severity.ERROR
    assert f"C-{change.pk}" in finding.text


@pytest.mark.parametrize("state", ["queued", "unknown", "on_hold"])
def test_a_create_on_its_way_is_an_error(state):
    DeliveryFactory(lane="HO/RET001", state=state)
    assert found() == [("user_id", Severity.ERROR)]


def test_a_refused_create_may_be_proposed_again():
    DeliveryFactory.settled("refused", lane="HO/RET001")
    assert found() == []


def test_details_that_another_retail_user_has_are_warnings_that_name_it():
    other = RetailUserFactory(pan="ABCPT1234A", mobile="9800000001")
    BankAccountFactory(retail_user=other, bank_id="OTHERBANK", account_no="00987654321")
    DematAccountFactory(retail_user=other, dp_id="IN300999", beneficiary_id="10000001")
    findings = create_findings(retail_user_values())
    assert {finding.path for finding in findings} == {
        "pan",
        "mobile",
        "banks.1.account_no",
        "demats.0.beneficiary_id",
    }
    assert {finding.severity for finding in findings} == {Severity.WARNING}
    assert all(other.lane in finding.text for finding in findings)


def test_many_users_with_the_same_pan_are_counted():
    RetailUserFactory.create_batch(5, pan="ABCPT1234A")
    [finding] = create_findings(retail_user_values())
    assert "and 2 more" in finding.text


@pytest.mark.parametrize(
    "values", [{}, {"user_id": "X"}, {"banks": [{}], "demats": [{}]}, {"pan": "", "mobile": "", "banks": []}]
)
def test_half_typed_values_do_not_break_it(values):
    create_findings(values)


def test_empty_account_numbers_are_nobodys():
    found(banks=[bank_values(account_no="")], demats=[demat_values(beneficiary_id="")])


def test_known_is_the_version_and_the_confirmed_values():
    user = RetailUserFactory(group_id="HO", user_id="RET001", version=3, name="Sample Name")
    assert known(user.lane).version == 3
    assert known(user.lane).values["name"] == "Sample Name"
    assert known("HO/NOBODY").values is None
    assert known("").version == 0
