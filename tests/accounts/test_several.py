"""One change for several retail users, selected in their list: a batch without a file, decided like any other."""

import uuid

import pytest

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.batches.decide import decisions
from backoffice.batches.models import Batch, State
from backoffice.batches.tasks import work_due
from backoffice.changes.kinds import file_kinds
from backoffice.delivery.models import Delivery
from tests.factories import ChangeFactory, RetailUserFactory, StaffFactory

pytestmark = pytest.mark.django_db

LIST, SEVERAL = "/users/", "/users/several/"


@pytest.fixture
def users():
    return [
        RetailUserFactory(user_id=f"RET{number}", status="S" if number == 3 else "A") for number in range(4)
    ]


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


def address(**query):
    return f"{SEVERAL}?" + "&".join(f"{name}={value}" for name, value in query.items())


def ticked(users, kind="status"):
    return f"{SEVERAL}?kind={kind}&" + "&".join(f"user={user.pk}" for user in users)


def press(client, url, count, **values):
    return client.post(url, {"token": uuid.uuid4(), "count": count, **values})


def test_makers_choose_in_the_list_and_others_do_not(client, as_maker, checker, users):
    page = as_maker.get(LIST).content.decode()
    assert f'name="user" value="{users[0].pk}"' in page
    for title in (
        "Change the status of retail users",
        "Assign templates",
        "Map dealers",
        "Automatic square-off",
    ):
        assert f">{title}</option>" in page
    client.force_login(checker)
    assert 'name="user"' not in client.get(LIST).content.decode()
    assert client.get(ticked(users)).status_code == 403


def test_ticked_users_become_a_batch_that_goes_the_way_of_a_file(as_maker, maker, checker, users):
    url = ticked(users[:2])
    page = as_maker.get(url).content.decode()
    assert "2 retail users ticked in the list" in page
    assert "HO/RET0" in page
    answer = press(as_maker, url, 2, status="S")
    batch = Batch.objects.get()
    assert answer.url == batch.get_absolute_url()
    assert (batch.kind, batch.selected) == ("status", "2 retail users ticked in the list")
    work_due()
    batch.refresh_from_db()
    assert (batch.state, batch.good + batch.warned) == (State.CHECKED, 2)
    assert batch.summary["values"]["status"] == {"S": 2}
    page = as_maker.get(batch.get_absolute_url()).content.decode()
    assert "2 retail users ticked in the list" in page
    assert "no file was uploaded" in page
    decisions.submit(batch.pk, by=maker, mode="all", reason="Asked by the branch")
    with pytest.raises(decisions.NotAllowed):
        decisions.approve(batch.pk, by=maker, content_hash="")
    batch.refresh_from_db()
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    sent = {each.lane: each.values["status"] for each in Delivery.objects.with_messages()}
    assert sent == {"HO/RET0": "S", "HO/RET1": "S"}


def test_all_that_match_the_filters_are_taken_and_no_others(as_maker, users):
    RetailUserFactory(group_id="B2", user_id="OTHER")
    url = address(all=1, kind="status", status="A", group_id="ho", page=1, sort="name")
    assert (
        "All 3 retail users that match User status: Active, Group: ho" in as_maker.get(url).content.decode()
    )
    press(as_maker, url, 3, status="I")
    work_due()
    assert list(Batch.objects.get().rows.values_list("lane", flat=True)) == ["HO/RET0", "HO/RET1", "HO/RET2"]


def test_the_trail_says_who_were_selected_and_how(as_maker, maker, users):
    press(as_maker, ticked(users[:1]), 1, status="S")
    press(as_maker, address(all=1, status="S"), 1, status="A")
    by_filters, by_ticks = Entry.objects.filter(action="batch.selected").order_by("-id")
    assert by_ticks.by == maker
    assert "1 retail user ticked in the list" in by_ticks.text
    assert (by_ticks.details["count"], by_ticks.details["users"]) == (1, ["HO/RET0"])
    assert by_filters.details["filters"] == {"status": ["S"]}
    assert not Entry.objects.filter(action="batch.uploaded").exists()


def test_a_list_that_has_changed_meanwhile_is_shown_again(as_maker, users):
    answer = press(as_maker, address(all=1, kind="status"), 3, status="S")
    assert answer.status_code == 422
    assert "The list has changed: it is now all 4 retail users" in answer.content.decode()
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("status", {"status": ""}, "No changes made"),
        ("status", {"status": "Z"}, "Z"),
        ("user_template", {"template_type": "1", "template_name": ""}, "Template name"),
        ("dealer_mapping", {"action": "A", "dealer_group": "HO", "dealer_id": "X" * 11}, "Dealer id"),
        ("square_off", {"action": "1", "periodicity": "3", "mtm": "abc"}, "MTM square-off"),
    ],
)
def test_a_value_that_is_wrong_for_all_is_said_on_the_form(as_maker, users, kind, values, said):
    answer = press(as_maker, ticked(users, kind), 4, **values)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="findings"' in page
    assert said in page[page.index('id="findings"') :]
    assert not Batch.objects.exists()


def test_what_is_wrong_for_one_alone_is_a_row_with_an_error(as_maker, users):
    RetailUser.objects.filter(pk=users[0].pk).update(manager_id="")
    press(
        as_maker,
        ticked(users, "square_off"),
        4,
        action="1",
        periodicity="3",
        mtm_pre="60",
        mtm="80",
        mtm_trigger="0",
    )
    work_due()
    assert dict(Batch.objects.get().rows.values_list("lane", "state"))["HO/RET0"] == "wrong"
    assert Batch.objects.get().wrong == 1


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("user_template", {"template_type": "1", "template_name": "ALL", "level": "0"}),
        ("dealer_mapping", {"action": "A", "dealer_group": "HO", "dealer_id": "DEAL1"}),
        (
            "square_off",
            {"action": "1", "periodicity": "3", "mtm_pre": "60.00", "mtm": "80.00", "mtm_trigger": "0"},
        ),
    ],
)
def test_templates_dealers_and_square_off_are_set_for_all(as_maker, users, kind, values):
    press(as_maker, ticked(users, kind), 4, **values)
    work_due()
    batch = Batch.objects.get()
    assert (batch.state, batch.wrong, batch.good + batch.warned) == (State.CHECKED, 0, 4)


def test_two_clicks_are_one_batch(as_maker, users):
    token = uuid.uuid4()
    for _ in range(2):
        as_maker.post(ticked(users), {"token": token, "count": 4, "status": "S"})
    assert Batch.objects.count() == 1


def test_there_is_a_limit_and_nothing_selected_is_no_batch(as_maker, users, settings):
    settings.BATCH_MAX_ROWS = 3
    assert "a batch has at most 3 rows" in press(as_maker, address(all=1), 4, status="S").content.decode()
    assert "No retail user is selected" in as_maker.get(SEVERAL).content.decode()
    in_approval = as_maker.get(address(all=1, status="in_approval")).content.decode()
    assert "New users are changed once they are approved" in in_approval
    assert not Batch.objects.exists()


def test_a_filter_that_cannot_be_read_selects_nobody(as_maker, users):
    answer = press(as_maker, address(all=1, status="nonsense"), 4, status="S")
    assert answer.status_code == 422
    assert not Batch.objects.exists()


def test_a_new_user_in_approval_has_no_box(as_maker, users):
    ChangeFactory(subject="HO/NEW001", kind="create_retail_user", state="submitted", record_version=0)
    page = as_maker.get(LIST).content.decode()
    assert "NEW001" in page
    assert page.count('name="user"') == len(users)


def test_what_is_asked_once_is_a_column_of_its_file():
    from backoffice.batches.selecting import asked

    offered = [file for file in file_kinds().values() if file.once]
    assert {file.slug for file in offered} >= {"status", "user_template", "dealer_mapping", "square_off"}
    for file in offered:
        assert list(asked(file)) == list(file.once)


def test_text_from_outside_is_shown_as_text(as_maker):
    user = RetailUserFactory(name="<script>alert(1)</script>")
    assert "<script>alert(1)" not in as_maker.get(ticked([user])).content.decode()


def test_it_needs_both_rights(client, users):
    client.force_login(StaffFactory())
    assert client.get(ticked(users)).status_code == 403
