"""What the parts of a retail user say of the same person, compared."""

import uuid

import pytest

from accounts.comparing import comparisons, findings
from backoffice.changes.operations import examine, submit
from backoffice.kit.components import matrix
from tests.factories import (
    DematAccountFactory,
    RetailUserFactory,
    demat_values,
    mf_ucc_values,
    retail_user_values,
)

JOINT = {"second_first_name": "Ravi", "second_pan": "ABCPR1234A"}


def values(demat=None, ucc=None, **changed):
    """A retail user with one demat account and UCC."""
    return retail_user_values(
        demats=[demat_values(**(demat or {}))], mf_ucc=mf_ucc_values(**(ucc or {})), **changed
    )


def test_what_fits_together_gives_no_finding():
    assert findings(values()) == []
    assert findings(values({"holding_type": "2", **JOINT}, {"holding_mode": "JO", **JOINT})) == []


@pytest.mark.parametrize(
    ("demat", "ucc", "path", "words"),
    [
        (
            {"holding_type": "2", **JOINT},
            {"holding_mode": "JO", **JOINT, "second_pan": "ABCPX1234A"},
            "mf_ucc.second_pan",
            "The second holder's PAN is not the same in Demat 1 and MF UCC.",
        ),
        (
            {"holding_type": "2", **JOINT},
            {"holding_mode": "JO", **JOINT, "second_first_name": "Rani"},
            "mf_ucc.second_first_name",
            "first name is not the same",
        ),
        (
            {"guardian_pan": "ABCPG1234A"},
            {"guardian_pan": "ABCPH1234A"},
            "mf_ucc.guardian_pan",
            "guardian's PAN",
        ),
        ({"second_pan": "ABCPT1234A"}, {}, "demats.0.second_pan", "has the user's own PAN"),
        ({}, {"holding_mode": "JO"}, "mf_ucc.holding_mode", "whether the holding is joint"),
    ],
)
def test_what_does_not_fit_is_a_warning(demat, ucc, path, words):
    (found,) = findings(values(demat, ucc))
    assert (found.path, found.severity, found.rule) == (path, "warning", "portal.compare")
    assert words in found.text


def test_case_and_spaces_say_nothing():
    assert findings({"name": "ASHA  RAO"}, {"name": "Asha Rao"}) == []


@pytest.mark.parametrize("name", ["name", "pan", "birth_date"])
def test_another_name_pan_or_birthday_than_the_confirmed_one(name):
    (found,) = findings({name: "Other"}, {name: "Confirmed"})
    assert found.path == name
    assert "differs from the confirmed one" in found.text


def test_alternate_addresses_stand_beside_the_profile():
    known = {"email": "a@example.com", "first_email": "A@example.com", "second_email": "b@example.com"}
    (compared,) = comparisons(known)
    assert [side.where for side in compared.sides] == [
        "Profile",
        "Alternate address 1",
        "Alternate address 2",
    ]
    assert compared.words == (
        "E-mail is not the same in Profile, Alternate address 1 and Alternate address 2. Check each of them."
    )
    (two,) = comparisons({"email": "a@example.com", "second_email": "b@example.com"})
    assert two.words == "E-mail is not the same in Profile and Alternate address 2. Check both."


def test_the_matrix_says_of_each_place_whether_it_agrees_differs_or_is_absent():
    known = {"mobile": "9811111111", "first_mobile": "+919811111111", "second_mobile": "9822222222"}
    shown = matrix(comparisons({**known, "email": "a@example.com", "first_email": "a@example.com"}))
    assert list(shown.places) == ["Profile", "Alternate address 1", "Alternate address 2"]
    words = {compared.title: [cell.word for cell in cells] for compared, cells in shown.rows}
    assert words == {
        "Mobile": ["Agrees", "Agrees", "Differs"],
        "E-mail": ["Agrees", "Agrees", "Absent"],
    }
    two = matrix(comparisons({"mobile": "9811111111", "first_mobile": "9822222222"}))
    assert [cell.word for cell in two.rows[0][1]] == ["Differs", "Differs"]


def test_the_matrix_shows_codes_in_words_and_hides_what_is_personal():
    given = values({"second_pan": "ABCPT1234A"}, {"holding_mode": "JO"})
    said = {
        compared.title: [cell for cell in cells if cell.side]
        for compared, cells in matrix(comparisons(given)).rows
    }
    assert [cell.side.words for cell in said["Holding"]] == ["First holder only", "Joint"]
    own = said["Second holder: PAN"]
    assert [cell.word for cell in own] == ["Must not be the same"] * 2
    assert not any("ABCPT1234A" in cell.side.hidden for cell in own)


def test_a_deleted_account_is_not_compared():
    assert findings(values({"holding_type": "2", **JOINT, "action": "2"}, {})) == []


def found(slug, values):
    return examine(slug, values).findings


@pytest.mark.django_db
def test_forms_say_it():
    assert any(
        f.rule == "portal.compare" for f in found("create_retail_user", values({}, {"holding_mode": "JO"}))
    )
    RetailUserFactory(group_id="HO", user_id="RET001", name="Asha Before")
    update = {"group_id": "HO", "user_id": "RET001", "name": "Ravi After"}
    assert any(f.rule == "portal.compare" for f in found("update_retail_user", update))


@pytest.mark.django_db
def test_two_new_users_that_both_wait_do_not_share_a_mobile_number_unnoticed(maker):
    first = retail_user_values(user_id="FIRST", mobile="9811111111")
    submit("create_retail_user", first, by=maker, reason="New client", token=uuid.uuid4())
    second = retail_user_values(user_id="SECOND", pan="ABCPS1234A", mobile="+919811111111")
    said = [one.text for one in found("create_retail_user", second) if one.rule == "portal.shared"]
    assert said == ["HO/FIRST has the mobile number in a waiting change, too. Check for a duplicate."]
    assert not [one for one in found("create_retail_user", first) if one.rule == "portal.shared"]


@pytest.mark.django_db
def test_the_page_of_a_retail_user_shows_what_does_not_fit(client, maker):
    user = RetailUserFactory(pan="ABCPT1234A", mobile="9811111111")
    RetailUserFactory(user_id="OTHER", pan="ABCPT1234A", mobile="9822222222")
    DematAccountFactory(retail_user=user, second_pan="ABCPT1234A")
    client.force_login(maker)
    page = client.get(user.get_absolute_url(), {"tab": "profile"}).content.decode()
    assert "has the user&#x27;s own PAN" in page
    assert "Must not be the same" in page
    assert "HO/OTHER has the PAN too" in page
    lonely = RetailUserFactory(user_id="LONELY", pan="", mobile="")
    assert "compared-title" not in client.get(lonely.get_absolute_url(), {"tab": "profile"}).content.decode()
