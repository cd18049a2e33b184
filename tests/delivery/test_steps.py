"""The steps of a change, of one message and of a file: by whom and when, in words and not by colour alone."""

import re
from html import unescape

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from backoffice.changes import operations
from backoffice.changes.steps import of_change
from backoffice.delivery.steps import sending_of_many, steps
from tests.factories import ChangeFactory, DeliveryFactory, StaffFactory

pytestmark = pytest.mark.django_db


def said(found):
    return [(step.label, step.stage, step.note) for step in found]


def test_a_change_that_waits_for_a_second_checker_says_who_approved_and_how_many_must():
    change = ChangeFactory(checkers=2, subject="HO/RET001")
    checker = StaffFactory(first_name="Chitra", last_name="Rao")
    change.approvals.create(by=checker, content_hash=change.content_hash)
    submitted, approved, *rest = of_change(change)
    assert submitted.people == [(str(change.made_by), change.submitted_at)]
    assert (approved.stage, approved.note) == ("now", "1 of 2")
    assert approved.people[0][0] == "Chitra Rao"
    assert said(rest) == [("Sent", "next", ""), ("Applied", "next", "")]


def test_several_messages_are_counted_and_the_worst_is_said():
    change = ChangeFactory.approved()
    counts = {"applied": 138, "refused": 2, "unknown": 1}
    found = steps(change, [], 1, sending_of_many(counts, None))
    assert said(found)[2:] == [
        ("Sent", "done", "141 of 141"),
        ("Unknown", "doubt", "1 unknown, 2 refused, 138 applied"),
    ]
    found = steps(change, [], 1, sending_of_many({"queued": 1, "applied": 140}, None))
    assert said(found)[2:] == [("Sent", "now", "140 of 141"), ("Applied", "now", "140 of 141")]
    found = steps(change, [], 1, sending_of_many({"on_hold": 3}, None))
    assert said(found)[2:] == [("On hold", "bad", "")]


def test_what_stays_in_the_portal_is_applied_without_being_sent(admin):
    rule = ChangeFactory.approved(kind="approval_rule", subject="rule:cash_deposit")
    assert [step.label for step in of_change(rule)] == ["Submitted", "Approved", "Applied"]
    assert of_change(ChangeFactory(state="draft")) == []


def test_a_message_settled_by_a_person_names_them():
    person = StaffFactory(first_name="Chitra", last_name="Rao")
    now = timezone.now()
    delivery = DeliveryFactory.settled("applied", first_sent_at=now, settled_by=person)
    *_, sent, applied = of_change(delivery.change)
    assert sent.people == [("", now)]
    assert applied.people[0][0] == "Chitra Rao"


def test_the_list_says_how_each_step_stands_to_those_who_see_no_colour():
    page = render_to_string("components/stepper.html", {"steps": of_change(ChangeFactory(checkers=2))})
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))
    assert "Submitted (done)" in text
    assert "Approved (now)" in text
    assert "Sent (not yet)" in text
    assert page.count('aria-current="step"') == 1
    assert page.strip().count("<ol") == 1


def test_the_same_steps_are_on_the_page_of_a_change_and_of_its_delivery(client, checker, maker):
    delivery = DeliveryFactory.settled(
        "refused", first_sent_at=timezone.now(), code="0", text="No such group"
    )
    client.force_login(checker)
    for url in (delivery.change.get_absolute_url(), delivery.get_absolute_url()):
        page = client.get(url).content.decode()
        assert page.count('class="stepper"') == 1
        assert "Refused by ODIN<span" in page
    rejected = operations.reject(ChangeFactory(made_by=maker).pk, by=checker, reason="Wrong form")
    page = client.get(rejected.get_absolute_url()).content.decode()
    assert "step-bad" in page
    assert "Applied<span" not in page
