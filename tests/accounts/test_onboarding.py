"""Onboarding profiles: set under four eyes, filled into form and file, and what differs is marked for the checker."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import onboarding
from accounts.models import OnboardingProfile, RetailUser
from backoffice.audit.models import Entry
from backoffice.batches import tasks
from backoffice.batches.decide import decisions
from backoffice.batches.models import Batch
from backoffice.changes import operations
from backoffice.changes.again import next_step
from backoffice.changes.errors import HasErrors, NotAllowed
from backoffice.changes.models import Change
from backoffice.delivery.sending import drain
from backoffice.protocol.message import clean
from tests.batches.files import workbook
from tests.html_forms import Page, flowed
from tests.uploads import said, sent, uploaded

pytestmark = pytest.mark.django_db

DEFAULTS = {
    "group_id": "MUM",
    "manager_id": "10.0.10.1",
    "category": "4",
    "branch": "MUMBAI",
    "status": "A",
    "gst_template": "STANDARD",
    "client_type": "IND",
    "tax_status": "1",
    "occupation": "1",
    "surveillance": "0",
    "form60": "N",
    "products": ["3"],
    "trading_segments": ["1", "3"],
    "market_data_segments": ["1", "3"],
    "login_segments": ["1", "3"],
    "login_types": ["17", "18"],
    "orders_per_second": "7",
    "templates": [{"type": "11", "name": "CRPSTD", "level": "0"}],
    "dealers": [{"group": "MUM", "id": "DEAL3"}, {"group": "MUM", "id": "DEAL4"}],
}
#: What is asked of each client, filled from that profile.
CLIENT = {
    "user_id": "NEW001",
    "name": "Ravi Testwala",
    "password": "Sample2026",
    "gender": "M",
    "pan": "ABCPT1234A",
    "birth_date": "21-01-1985",
    "mobile": "9800000002",
    "email": "ravi@example.com",
    "address_1": "1 Sample Street",
    "city": "Pune",
    "pin_code": "411004",
    "father_or_husband": "Asha Testwala",
}


@pytest.fixture
def other_admin(django_user_model):
    person = django_user_model.objects.create_user("admin2", password=None)
    person.groups.add(Group.objects.get(name="admin"))
    return person


def propose(by, **changed):
    values = clean(onboarding.SetOnboardingProfile, {"profile": "Retail Mumbai", **DEFAULTS, **changed})
    return operations.submit(
        "onboarding_profile",
        values,
        by=by,
        reason="As agreed with the branch",
        token=uuid.uuid4(),
        typed=True,
    )


@pytest.fixture
def in_force(admin, other_admin):
    """Puts a version of the profile into force."""

    def put(**changed):
        change = propose(admin, **changed)
        operations.approve(change.pk, by=other_admin, content_hash=change.content_hash)
        return OnboardingProfile.objects.latest("pk")

    return put


def test_an_admin_sets_a_profile_through_its_form_and_another_approves_it(client, admin, other_admin, maker):
    client.force_login(admin)
    new = reverse("onboarding:new")
    page = Page(client.get(new).content.decode())
    typed = page.sent(
        profile="Retail Mumbai",
        for_whom="Mumbai branches",
        group_id="MUM",
        trading_segments=["1", "3"],
        orders_per_second="7",
        press="check",
    )
    typed |= {"dealers-0-group": ["MUM"], "dealers-0-id": ["DEAL3"]}
    check = client.post(new, typed)
    assert check.status_code == 302, check.content.decode()
    seen = client.get(check.url)
    submitted = client.post(check.url, Page(seen.content.decode()).sent(reason="New branch"))
    change = Change.objects.get()
    assert (submitted.url, change.subject) == (change.get_absolute_url(), "profile:Retail Mumbai")
    assert "New profile Retail Mumbai · 4 fields filled" in flowed(client.get(submitted.url).content.decode())
    with pytest.raises(NotAllowed):
        operations.approve(change.pk, by=admin, content_hash=change.content_hash)
    client.force_login(other_admin)
    assert f"C-{change.pk} waits" in flowed(client.get(reverse("onboarding:list")).content.decode())
    act = reverse("changes:decide", kwargs={"pk": change.pk, "action": "approve"})
    client.post(act, {"content_hash": change.content_hash})
    profile = onboarding.of_row(OnboardingProfile.objects.get())
    assert (profile.name, profile.version, profile.for_whom) == ("Retail Mumbai", 1, "Mumbai branches")
    assert profile.defaults == {
        "group_id": "MUM",
        "trading_segments": ["1", "3"],
        "orders_per_second": "7",
        "dealers": [{"group": "MUM", "id": "DEAL3"}],
    }
    client.force_login(maker)
    words = flowed(client.get(OnboardingProfile.objects.get().get_absolute_url()).content.decode())
    assert "Version 1, in force" in words
    assert "New branch" in words
    assert client.get(new).status_code == 403


def test_each_change_is_a_version_and_one_proposed_on_the_same_ground_is_stale(
    admin, other_admin, in_force, client
):
    in_force()
    rival = propose(admin, branch="PUNE")
    assert in_force(orders_per_second="9").version == 2
    with pytest.raises(operations.Stale):
        operations.approve(rival.pk, by=other_admin, content_hash=rival.content_hash)
    entry = Entry.objects.filter(action="change.approved").latest("pk")
    assert (entry.before["orders_per_second"], entry.after["orders_per_second"]) == ("7", "9")
    client.force_login(admin)
    form = Page(client.get(reverse("onboarding:change", args=["Retail Mumbai"])).content.decode())
    assert form.named("orders_per_second").sent == ["9"]
    words = flowed(client.get(reverse("onboarding:detail", args=["Retail Mumbai", 2])).content.decode())
    assert "Version 2, in force" in words
    assert reverse("onboarding:detail", args=["Retail Mumbai", 1]) in words


@pytest.mark.parametrize(
    ("changed", "path", "words"),
    [
        ({"orders_per_second": "1000"}, "orders_per_second", "999"),
        ({"profile": "a/b"}, "profile", "letters, digits, spaces"),
        ({"profile": "RETAIL MUMBAI"}, "profile", "Retail Mumbai already"),
        ({"dealers": [{"group": "MUM", "id": ""}]}, "dealers.0.id", "is missing"),
        (dict.fromkeys(DEFAULTS), "", "at least one default"),
        ({}, "", "in force already"),
    ],
)
def test_a_profile_is_examined_as_the_form_that_it_fills(admin, in_force, changed, path, words):
    in_force()
    with pytest.raises(HasErrors) as refused:
        propose(admin, **changed)
    found = [finding for finding in refused.value.findings if finding.path == path]
    assert [finding.text for finding in found if words in finding.text], refused.value.findings
    assert len({finding.text for finding in found}) == len(found)
    assert not {finding.path for finding in refused.value.findings} & {"user_id", "name", "pan"}


def test_the_database_takes_a_version_from_an_approved_change_alone(in_force):
    row = in_force()
    forged = {"name": row.name, "values": {**row.values, "group_id": "HO"}}
    for attempt in (
        lambda: OnboardingProfile.objects.create(version=2, **forged),
        lambda: OnboardingProfile.objects.create(version=1, **{**forged, "name": "Another"}),
        lambda: OnboardingProfile.objects.filter(pk=row.pk).update(retired=True),
        lambda: OnboardingProfile.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt()


def test_choosing_a_profile_leaves_some_fifteen_fields_and_what_differs_is_marked(
    client, maker, checker, in_force
):
    in_force(for_whom="Mumbai branches")
    client.force_login(maker)
    new = reverse("accounts:new")
    page = Page(client.get(new).content.decode())
    assert (
        page.named("profile").options == [("", False), ("Retail Mumbai", False)]
        or page.named("profile").options
    )
    filled = client.post(new, page.sent(profile="Retail Mumbai", branch="PUNE", press="fill:"))
    page = Page(filled.content.decode())
    assert page.named("manager_id").sent == ["10.0.10.1"]
    assert page.named("branch").sent == ["PUNE"], "what was typed stays"
    assert page.named("dealers-1-id").sent == ["DEAL4"]
    folded = {shown.section.slug for shown in filled.context["sections"] if shown.folded}
    assert folded == {"segments", "logins", "limits", "templates", "dealers"}
    assert 'value="fill:Retail Mumbai"' in filled.content.decode()
    check = client.post(new, page.sent(**CLIENT, orders_per_second="9", press="check"))
    assert check.status_code == 302, [one.text for one in check.context["findings"]]
    seen = flowed(client.get(check.url).content.decode())
    assert "Branch differs from the profile Retail Mumbai, which has MUMBAI. Check it." in seen
    client.post(check.url, Page(client.get(check.url).content.decode()).sent(reason="Form 12"))
    change = Change.objects.get(kind="create_retail_user")
    assert (change.profile, change.profile_version, change.risks) == ("Retail Mumbai", 1, ["profile"])
    client.force_login(checker)
    words = flowed(client.get(change.get_absolute_url()).content.decode())
    assert "Retail Mumbai, version 1</a>: " in words
    assert "2 values differ" in words
    assert "Orders per second differs from the profile Retail Mumbai, which has 7. Check it." in words
    assert "Differs from its profile" in words
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    owed = list(change.deliveries.order_by("pk").values_list("message_type", flat=True))
    assert owed == [301, 310, 314]
    created, _, dealers = (part["values"] for part in change.messages)
    assert {name: created[name] for name in ("group_id", "gst_template", "login_types")} == {
        "group_id": "MUM",
        "gst_template": "STANDARD",
        "login_types": ["17", "18"],
    }
    assert "profile" not in created
    assert [one["dealer_id"] for one in dealers["mappings"]] == ["DEAL3", "DEAL4"]


def test_a_profile_that_has_not_filled_the_form_does_so_before_the_answers_are_checked(
    client, maker, in_force
):
    in_force()
    client.force_login(maker)
    new = reverse("accounts:new")
    page = Page(client.get(new).content.decode())
    typed = page.sent(**CLIENT, profile="Retail Mumbai", press="check")
    filled = client.post(new, typed)
    assert (filled.status_code, filled.context["findings"]) == (200, [])
    page = Page(filled.content.decode())
    assert page.named("gst_template").sent == ["STANDARD"]
    again = client.post(new, page.sent(press="check"))
    assert again.status_code == 302, [one.text for one in again.context["findings"]]


def test_another_profile_replaces_what_the_first_one_filled_and_nothing_else(in_force):
    in_force()
    in_force(profile="Retail Pune", manager_id="10.0.10.0", branch="", dealers=[], for_whom="Pune")
    starting = {"status": "A", "category": "4"}
    once = onboarding.filled({"profile": "Retail Mumbai", "occupation": "2"}, "", starting)
    twice = onboarding.filled({**once, "profile": "retail pune"}, "Retail Mumbai", starting)
    assert (once["branch"], twice["branch"], twice["manager_id"]) == ("MUMBAI", "", "10.0.10.0")
    assert (once["occupation"], twice["occupation"], twice["dealers"]) == ("2", "2", [])


def test_a_file_of_few_columns_is_filled_and_its_approval_page_counts_what_differs(
    client, maker, checker, in_force, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    row = in_force()
    client.force_login(maker)
    others = {
        "branch": "",
        "dealer_1_id": "",
        "dealer_2_group": "",
        "dealer_2_id": "",
        "profile": "retail mumbai",
    }

    def client_row(number, **changed):
        own = {"user_id": f"NEW00{number}", "mobile": f"980000000{number}", "pan": f"ABCPT123{number}A"}
        return {**CLIENT, **own, "email": f"c{number}@example.com", **others, **changed}

    rows = uploaded(
        client,
        "create_retail_user",
        client_row(1),
        client_row(2, branch="PUNE", dealer_1_id="DEAL9"),
        client_row(3, dealer_2_group="(clear)", dealer_2_id="(clear)"),
        client_row(4, profile="Retail Goa"),
    )
    assert [one.state for one in rows] == ["good", "warned", "warned", "wrong"]
    assert {(one.profile, one.profile_version) for one in rows[:3]} == {("Retail Mumbai", 1)}
    assert rows[0].values["trading_segments"] == ["1", "3"]
    assert [part["type"] for part in rows[0].messages] == [301, 310, 314]
    assert said(rows[1]) >= {("branch", "portal.profile"), ("dealers.0.id", "portal.profile")}
    assert rows[1].messages[2]["values"]["mappings"][0]["dealer_id"] == "DEAL9"
    assert len(rows[2].messages[2]["values"]["mappings"]) == 1
    assert said(rows[2]) == {("dealers", "portal.profile")}
    assert said(rows[3]) == {("profile", "portal.no_profile")}
    assert "Retail Goa" in rows[3].findings[0]["text"]
    batch = rows[0].batch
    client.post(reverse("batches:submit", args=[batch.pk]), {"mode": "valid", "reason": "January"})
    client.force_login(checker)
    words = flowed(client.get(batch.get_absolute_url()).content.decode())
    assert "2 differ from their profile" in words
    assert "Retail Mumbai, version 1</span>" in words
    change = Change.objects.get(batch=batch, row_number=rows[1].number)
    assert (change.profile, change.profile_version, change.risks) == ("Retail Mumbai", 1, ["profile"])
    page = flowed(client.get(change.get_absolute_url()).content.decode())
    assert "2 values differ" in page
    batch.refresh_from_db()
    act = reverse("batches:act", kwargs={"pk": batch.pk, "action": "approve"})
    client.post(act, {"content_hash": batch.content_hash})
    assert change.deliveries.count() == 3
    assert row.version == 1


def test_starting_again_from_a_row_keeps_its_profile_and_what_was_to_follow(
    client, maker, checker, in_force, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    in_force()
    client.force_login(maker)
    cells = {**CLIENT, "profile": "Retail Mumbai", "dealer_1_group": "MUM", "dealer_1_id": "DEAL9"}
    cells |= {"channel_1_template": "TRADING", "channel_1_channel": "SMS", "channel_1_status": "1"}
    [row] = uploaded(client, "create_retail_user", cells)
    client.post(reverse("batches:submit", args=[row.batch_id]), {"mode": "all", "reason": "January"})
    decisions.reject(row.batch_id, by=checker, reason="The PAN is another")
    change = Change.objects.get(batch=row.batch_id)
    step = next_step(change, maker)
    page = Page(client.get(step.url).content.decode())
    assert page.named("profile").sent == ["Retail Mumbai"]
    assert page.named("dealers-0-id").sent == ["DEAL9"]
    assert page.named("dealers-1-id").sent == ["DEAL4"]
    assert page.named("templates-0-name").sent == ["CRPSTD"]
    assert page.named("channels-0-template").sent == ["TRADING"]
    token = page.named("token").sent[0]
    check = client.post(
        reverse("accounts:new"), page.sent(press="check", again=str(change.pk), password="Sesame42")
    )
    assert check.status_code == 302, [one.text for one in check.context["findings"]]
    client.post(check.url, Page(client.get(check.url).content.decode()).sent(reason="Corrected"))
    again = Change.objects.get(token=token)
    assert (again.profile, again.corrects) == ("Retail Mumbai", change)
    assert [part["type"] for part in again.messages] == [part["type"] for part in change.messages]
    assert again.messages[2]["values"] == change.messages[2]["values"]


@pytest.mark.django_db(transaction=True)
def test_what_a_workbook_takes_from_a_profile_reaches_odin_and_the_record(
    odin, client, maker, checker, in_force, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    in_force()
    cells = {**CLIENT, "profile": "Retail Mumbai"}
    book = workbook(tmp_path / "clients.xlsx", list(cells), list(cells.values()))
    file = SimpleUploadedFile("clients.xlsx", book.read_bytes())
    client.force_login(maker)
    client.post(reverse("batches:upload", args=["create_retail_user"]), {"file": file, "token": uuid.uuid4()})
    while tasks.work_due():
        pass
    rows = list(Batch.objects.get().rows.all())
    assert [(row.state, row.profile) for row in rows] == [("good", "Retail Mumbai")], rows[0].findings
    sent(client, checker, rows)
    while drain(5):
        pass
    lines = {line.type: line for line in odin.store.ledger(limit=50)}
    assert {301, 310, 314} <= lines.keys()
    assert "|228=STANDARD|" in lines[301].text
    assert "|220=1,3|" in lines[301].text
    user = RetailUser.objects.get()
    assert (user.lane, user.manager_id, user.login_types) == ("MUM/NEW001", "10.0.10.1", ["17", "18"])
    assert user.templates.get().template_name == "CRPSTD"
    assert [one.dealer_id for one in user.dealer_mappings.order_by("dealer_id")] == ["DEAL3", "DEAL4"]


def test_a_retired_profile_fills_nothing_and_is_named_where_it_is_chosen(
    client, maker, in_force, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    in_force()
    in_force(retired="1")
    assert onboarding.offered() == []
    client.force_login(maker)
    (row,) = uploaded(
        client,
        "create_retail_user",
        {**CLIENT, "group_id": "", "gst_template": "", "profile": "Retail Mumbai"},
    )
    (finding,) = row.findings
    assert (row.state, finding["path"]) == ("wrong", "profile")
    assert finding["text"] == "The onboarding profile Retail Mumbai is retired. Choose another one."


def test_a_row_that_is_corrected_is_filled_from_the_profile_that_it_names_then(
    client, maker, in_force, settings, tmp_path
):
    from backoffice.batches.check.correcting import Typed, mark
    from backoffice.batches.fixing import correct

    settings.VAR_DIR = tmp_path
    in_force()
    client.force_login(maker)
    cells = {**CLIENT, "profile": "Retail Mumbay"}
    (row,) = uploaded(client, "create_retail_user", cells)
    place = list(cells).index("profile")
    correct(row.batch_id, [Typed(row.number, place, "Retail Mumbai", mark(row, place))], by=maker)
    row.refresh_from_db()
    assert (row.state, row.profile, row.values["branch"]) == ("good", "Retail Mumbai", "MUMBAI")
    row.batch.refresh_from_db()
    assert row.batch.summary["profiles"] == {"Retail Mumbai, version 1": 1}


def test_the_demonstration_has_three_profiles(settings):
    settings.PORTAL_ENVIRONMENT = "DEMO"
    for _ in range(2):
        for command in ("demo_staff", "demo_masters", "demo_profiles"):
            call_command(command, verbosity=0)
    assert OnboardingProfile.objects.values_list("name", "version").count() == 3
    assert not Change.objects.exclude(findings=[]).exists()
