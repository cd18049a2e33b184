"""U19: an inactive segment is sent in no set unless the maker reactivates it by name; from form and file to ODIN."""

import re

import pytest

from accounts.models import RetailUser
from backoffice.batches.models import RowState
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Attempt
from backoffice.delivery.sending import drain
from tests.factories import RetailUserFactory
from tests.html_forms import Page
from tests.uploads import said, sent, uploaded

pytestmark = pytest.mark.django_db(transaction=True)

UPDATE = "update_retail_user"
ADDRESS = f"/users/HO/WEBRET1/change/{UPDATE}/"
ASHA = {"user_id": "WEBRET1", "group_id": "HO"}
SETS = ("trading_segments", "market_data_segments", "login_segments")


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


@pytest.fixture
def asha(odin, approved):
    """A user whom ODIN allows NSE Cash, NSE Derivatives and BSE Cash."""
    approved(**ASHA, **{name: ["1", "2", "3"] for name in SETS})
    drain(5)
    return RetailUser.objects.get(**ASHA)


@pytest.fixture
def stopped(asha, as_maker, checker):
    """A user with NSE Cash made inactive."""
    through(as_maker, checker, inactive_segments=["1"])
    asha.refresh_from_db()
    return asha


def form(client):
    return Page(client.get(ADDRESS).content.decode())


def tried(client, **typed):
    return client.post(ADDRESS, form(client).sent(press="check", **typed))


def through(client, checker, **typed):
    """Propose on the form, approve and deliver; gives back the request and what the checker read."""
    answer = tried(client, **typed)
    assert answer.status_code == 302, re.findall(
        r"finding-error.*?<span>(.*?)</span>", answer.content.decode()
    )
    answer = client.post(answer.url, Page(client.get(answer.url).content.decode()).sent(reason="As asked"))
    change = Change.objects.get(state=State.SUBMITTED)
    maker = change.made_by
    client.force_login(checker)
    page = client.get(change.get_absolute_url()).content.decode()
    client.force_login(maker)
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(5)
    return Attempt.objects.latest("pk").request, page


def test_making_a_segment_inactive_leaves_the_sets_as_they_are(stopped, as_maker):
    assert {name: getattr(stopped, name) for name in SETS} == {name: ["1", "2", "3"] for name in SETS}
    assert stopped.inactive_segments == ["1"]
    request = Attempt.objects.latest("pk").request
    assert "|277=1|" in request
    assert not re.search(r"\|22[012]=", request)
    page = as_maker.get(f"{stopped.get_absolute_url()}?tab=segments").content.decode()
    row = page[page.index('<th scope="row">NSE Cash') :]
    assert "Inactive" in row[: row.index("</tr>")]
    assert page.count(">Inactive</span>") == 1


def test_another_update_does_not_touch_it(stopped, as_maker, checker):
    request, _ = through(as_maker, checker, city="Pune")
    assert not re.search(r"\|(22[012]|277)=", request)
    stopped.refresh_from_db()
    assert stopped.inactive_segments == ["1"]


def test_a_later_set_leaves_it_out_and_maker_and_checker_read_so(stopped, odin, as_maker, checker):
    page = form(as_maker)
    assert [control.attributes["value"] for control in page.controls if _ticked(control, SETS[0])] == [
        "2",
        "3",
    ]
    request, shown = through(as_maker, checker, trading_segments=["2", "3", "9"])
    assert "|220=2,3,9|" in request
    assert not re.search(r"\|(22[12]|277)=", request)
    assert "Check NSE Cash: inactive, and left out of this set." in shown
    stopped.refresh_from_db()
    assert (stopped.trading_segments, stopped.inactive_segments) == (["2", "3", "9"], ["1"])
    assert odin.store.user("HO", "WEBRET1")["values"]["trading_segments"] == ["2", "3", "9"]


def _ticked(control, name):
    return control.attributes["name"] == name and "checked" in control.attributes


def test_ticking_it_again_is_not_enough(stopped, as_maker):
    page = tried(as_maker, trading_segments=["1", "2", "3"]).content.decode()
    assert "Inactive: NSE Cash. Leave it out, or name it under Segments to reactivate as well." in page
    assert not Change.objects.filter(state=State.SUBMITTED).exists()


def test_nor_is_naming_it_and_allowing_it_nowhere(stopped, as_maker):
    page = tried(as_maker, reactivate_segments=["1"]).content.decode()
    assert "Allowed nowhere: NSE Cash." in page


def test_it_is_reactivated_by_name_and_the_checker_reads_so(stopped, odin, as_maker, checker):
    request, shown = through(as_maker, checker, trading_segments=["1", "2", "3"], reactivate_segments=["1"])
    assert "|220=1,2,3|" in request
    assert not re.search(r"\|(22[12]|277)=", request)
    assert "Reactivates NSE Cash." in shown
    assert "Check NSE Cash: inactive now, reactivated by this update." in shown
    stopped.refresh_from_db()
    assert (stopped.trading_segments, stopped.inactive_segments) == (["1", "2", "3"], [])


def test_the_form_offers_to_reactivate_what_is_inactive_and_nothing_else(asha, as_maker, checker):
    assert not [
        control for control in form(as_maker).controls if control.attributes["name"] == "reactivate_segments"
    ]
    through(as_maker, checker, inactive_segments=["1"])
    offered = {
        name: [c.attributes["value"] for c in form(as_maker).controls if c.attributes["name"] == name]
        for name in ("reactivate_segments", "inactive_segments")
    }
    assert offered["reactivate_segments"] == ["1"]
    assert "1" not in offered["inactive_segments"]


def test_a_second_segment_made_inactive_does_not_bring_the_first_back(stopped, as_maker, checker):
    request, _ = through(as_maker, checker, inactive_segments=["3"])
    assert "|277=1,3|" in request
    stopped.refresh_from_db()
    assert stopped.inactive_segments == ["1", "3"]


def test_a_submitted_form_is_judged_again(stopped, as_maker):
    """The check page of a draft that was saved before the segment became inactive."""
    answer = tried(as_maker, trading_segments=["2", "3", "9"])
    page = Page(as_maker.get(answer.url).content.decode())
    RetailUser.objects.update(inactive_segments=["1", "9"])
    again = as_maker.post(answer.url, page.sent(reason="As asked"))
    assert "look=1" in again.url
    assert "Inactive: BSE SLBM." in as_maker.get(again.url).content.decode()


def test_a_draft_that_reactivates_is_shown_as_the_message_says_it(stopped, as_maker):
    typed = {"trading_segments": ["1", "2"], "reactivate_segments": ["1"]}
    as_maker.post(ADDRESS, form(as_maker).sent(press="save", **typed))
    draft = Change.objects.get(state=State.DRAFT)
    page = as_maker.get(draft.get_absolute_url()).content.decode()
    assert "|220=1,2|" in page
    again = Page(as_maker.get(f"{ADDRESS}?draft={draft.token}").content.decode())
    assert again.sent()["reactivate_segments"] == ["1"]


def test_starting_again_keeps_the_present_sets_where_the_maker_left_them(stopped, as_maker, checker):
    answer = tried(as_maker, city="Pune")
    as_maker.post(answer.url, Page(as_maker.get(answer.url).content.decode()).sent(reason="As asked"))
    change = Change.objects.get(state=State.SUBMITTED)
    operations.reject(change.pk, by=checker, reason="Later")
    RetailUser.objects.update(trading_segments=["1", "2", "3", "9"])
    page = Page(as_maker.get(f"{ADDRESS}?again={change.pk}").content.decode())
    assert page.sent()["trading_segments"] == ["2", "3", "9"]
    assert page.sent()["city"] == ["Pune"]


class TestFiles:
    def row(self, client, **cells):
        (row,) = uploaded(client, UPDATE, {**ASHA, **cells})
        return row

    def test_a_row_that_allows_it_without_a_word_is_an_error(self, stopped, as_maker):
        for cell in ("NSE Cash;NSE Derivatives;BSE Cash", "NSE Cash;BSE SLBM"):
            row = self.row(as_maker, trading_segments=cell)
            assert (row.state, said(row) >= {("trading_segments", "U19")}) == (RowState.WRONG, True)

    def test_a_row_that_leaves_it_out_goes_out_with_a_warning(self, stopped, as_maker, checker):
        row = self.row(as_maker, trading_segments="NSE Derivatives;BSE SLBM")
        assert (row.state, said(row)) == (RowState.WARNED, {("trading_segments", "U19")})
        assert row.values["trading_segments"] == ["2", "9"]

    def test_a_row_reactivates_it_by_name(self, stopped, as_maker, checker):
        rows = uploaded(as_maker, UPDATE, {**ASHA, "reactivate_segments": "NSE Cash"})
        assert rows[0].state == RowState.WARNED
        sent(as_maker, checker, rows)
        drain(5)
        request = Attempt.objects.latest("pk").request
        assert "|220=1,2,3|221=1,2,3|222=1,2,3|" in request
        stopped.refresh_from_db()
        assert stopped.inactive_segments == []
        (again,) = uploaded(as_maker, UPDATE, {**ASHA, "reactivate_segments": "NSE Cash"})
        assert again.state == RowState.DONE_BEFORE

    def test_one_that_the_user_has_in_no_set_is_allowed_in_one(self, as_maker):
        RetailUserFactory(**ASHA, inactive_segments=["9"])
        row = self.row(as_maker, reactivate_segments="BSE SLBM")
        assert ("reactivate_segments", "U19") in said(row)
        row = self.row(as_maker, reactivate_segments="9", trading_segments="1;9")
        assert (row.state, row.values["trading_segments"]) == (RowState.WARNED, ["1", "9"])

    def test_what_is_inactive_already_is_applied_before(self, stopped, as_maker):
        assert self.row(as_maker, inactive_segments="NSE Cash").state == RowState.DONE_BEFORE

    def test_emptying_the_column_is_no_reactivation(self, stopped, as_maker):
        row = self.row(as_maker, inactive_segments="(clear)", city="Pune")
        assert (row.state, said(row)) == (RowState.WRONG, {("inactive_segments", "U19")})


def test_a_button_ticks_what_goes_together_without_a_script_and_leaves_inactive_segments_alone(
    stopped, as_maker
):
    answer = as_maker.post(ADDRESS, form(as_maker).sent(press="preset:equity-derivatives"))
    shown = Page(answer.content.decode()).sent()
    assert {name: shown[name] for name in SETS} == {name: ["2", "3", "4"] for name in SETS}
    unknown = as_maker.post(ADDRESS, form(as_maker).sent(press="preset:futures"))
    assert Page(unknown.content.decode()).sent()["trading_segments"] == ["2", "3"]
