"""Maker and checker: who may do what to a change, and that the approval binds what was seen."""

import json
import uuid

import pytest
from django.db import IntegrityError, transaction

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.changes import operations
from backoffice.changes.errors import AlreadyDecided, HasErrors, NotAllowed, ReasonMissing, Stale
from backoffice.changes.models import Change, State
from backoffice.changes.references import new_reference
from backoffice.delivery.models import Delivery
from backoffice.protocol.examples import example
from backoffice.protocol.fields import SecretText
from backoffice.protocol.messages.limits import CashDeposit
from backoffice.protocol.messages.users import CreateRetailUser

pytestmark = pytest.mark.django_db

KIND = "create_retail_user"


def proposal(**changed):
    return {**example(CreateRetailUser), "reference": "", **changed}


@pytest.fixture
def submitted(maker):
    return operations.submit(KIND, proposal(), by=maker, reason="New client", token=uuid.uuid4())


def test_a_submitted_change_holds_the_message_and_its_hash(submitted):
    assert submitted.state == State.SUBMITTED
    assert [message["type"] for message in submitted.messages] == [301]
    assert len(submitted.content_hash) == 64
    assert submitted.subject == "{group_id}/{user_id}".format(**example(CreateRetailUser))


def test_the_reference_is_made_at_submission_so_that_the_checker_sees_it(submitted):
    [(message, values)] = operations.messages(submitted)
    assert message is CreateRetailUser
    assert len(values["reference"]) == 20


def test_two_references_are_never_the_same(maker):
    assert len({new_reference() for _ in range(1000)}) == 1000


def test_a_password_is_stored_sealed_and_comes_back(maker):
    change = operations.submit(
        KIND, proposal(password=SecretText("Sesame42")), by=maker, reason="New client", token=uuid.uuid4()
    )
    change.refresh_from_db()
    assert "Sesame42" not in json.dumps([change.values, change.messages])
    [(_, values)] = operations.messages(change)
    assert values["password"].reveal() == "Sesame42"


def test_the_same_token_twice_is_one_change(maker):
    token = uuid.uuid4()
    first = operations.submit(KIND, proposal(), by=maker, reason="New client", token=token)
    second = operations.submit(KIND, proposal(name="Other Name"), by=maker, reason="New client", token=token)
    assert second.pk == first.pk
    assert Change.objects.count() == 1


def test_values_with_errors_are_not_submitted(maker):
    with pytest.raises(HasErrors) as raised:
        operations.submit(KIND, proposal(pan="12345"), by=maker, reason="New client", token=uuid.uuid4())
    assert [finding.path for finding in raised.value.findings] == ["pan"]
    assert not Change.objects.exists()


def test_a_reason_is_mandatory_to_submit(maker):
    with pytest.raises(ReasonMissing):
        operations.submit(KIND, proposal(), by=maker, reason="  ", token=uuid.uuid4())


def test_a_draft_keeps_whatever_was_typed(maker):
    token = uuid.uuid4()
    operations.save_draft(KIND, proposal(pan="half a p"), by=maker, token=token)
    draft = operations.save_draft(KIND, proposal(pan="half a pan"), by=maker, token=token)
    assert operations.draft_values(Change.objects.get(pk=draft.pk))["pan"] == "half a pan"
    assert Change.objects.count() == 1


def test_a_draft_of_somebody_else_is_not_touched(maker, other_maker):
    token = uuid.uuid4()
    operations.save_draft(KIND, proposal(), by=maker, token=token)
    with pytest.raises(NotAllowed):
        operations.save_draft(KIND, proposal(name="Taken Over"), by=other_maker, token=token)
    with pytest.raises(NotAllowed):
        operations.submit(KIND, proposal(), by=other_maker, reason="Mine now", token=token)


def test_a_draft_of_another_kind_is_not_touched(maker):
    token = uuid.uuid4()
    operations.save_draft(KIND, proposal(), by=maker, token=token)
    with pytest.raises(NotAllowed, match="another kind"):
        operations.save_draft("cash_deposit", example(CashDeposit), by=maker, token=token)
    assert operations.draft_values(Change.objects.get())["name"] == proposal()["name"]


def test_an_approval_puts_the_message_in_the_queue(submitted, checker):
    change = operations.approve(submitted.pk, by=checker, content_hash=submitted.content_hash)
    delivery = Delivery.objects.get()
    assert change.state == State.APPROVED
    assert (delivery.message_type, delivery.lane, delivery.state) == (301, change.subject, "queued")
    assert delivery.reference == change.messages[0]["values"]["reference"]


def test_the_maker_cannot_approve_even_as_superuser(submitted, maker):
    maker.is_superuser = True  # the database refuses to keep it
    with pytest.raises(NotAllowed, match="another person"):
        operations.approve(submitted.pk, by=maker, content_hash=submitted.content_hash)
    assert not Delivery.objects.exists()


def test_the_database_itself_refuses_a_change_decided_by_its_maker(submitted, maker):
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.filter(pk=submitted.pk).update(
            state=State.APPROVED, decided_by=maker, decided_at=submitted.submitted_at
        )


def test_somebody_without_the_permission_cannot_approve(submitted, other_maker):
    with pytest.raises(NotAllowed):
        operations.approve(submitted.pk, by=other_maker, content_hash=submitted.content_hash)


def test_an_approval_of_other_content_than_was_seen_is_refused(submitted, checker):
    with pytest.raises(Stale):
        operations.approve(submitted.pk, by=checker, content_hash="0" * 64)
    assert not Delivery.objects.exists()


def test_a_change_whose_record_moved_on_is_stale(submitted, checker):
    group_id, user_id = submitted.subject.split("/")
    RetailUser.objects.create(group_id=group_id, user_id=user_id, name="Already Here", status="A")
    with pytest.raises(Stale):
        operations.approve(submitted.pk, by=checker, content_hash=submitted.content_hash)
    submitted.refresh_from_db()
    assert submitted.state == State.STALE
    assert not Delivery.objects.exists()


def test_the_second_of_two_checkers_is_told_who_was_first(submitted, checker, other_checker):
    operations.approve(submitted.pk, by=checker, content_hash=submitted.content_hash)
    with pytest.raises(AlreadyDecided, match=f"by {checker} already"):
        operations.approve(submitted.pk, by=other_checker, content_hash=submitted.content_hash)
    assert Delivery.objects.count() == 1


def test_a_rejection_needs_a_reason_and_sends_nothing(submitted, checker):
    with pytest.raises(ReasonMissing):
        operations.reject(submitted.pk, by=checker, reason="")
    change = operations.reject(submitted.pk, by=checker, reason="PAN does not match the form")
    assert change.state == State.REJECTED
    assert not Delivery.objects.exists()


def test_only_the_maker_withdraws(submitted, maker, other_maker):
    with pytest.raises(NotAllowed):
        operations.withdraw(submitted.pk, by=other_maker)
    assert operations.withdraw(submitted.pk, by=maker).state == State.WITHDRAWN


def test_every_step_is_an_audit_entry_with_its_actor(submitted, maker, checker):
    operations.approve(submitted.pk, by=checker, content_hash=submitted.content_hash)
    entries = Entry.objects.filter(change_id=submitted.pk).order_by("id")
    assert [(entry.action, entry.by) for entry in entries] == [
        ("change.submitted", maker),
        ("change.approved", checker),
    ]
    assert entries[0].reason == "New client"


def test_a_draft_takes_ids_that_are_far_too_long(maker):
    draft = operations.save_draft(KIND, proposal(user_id="X" * 300), by=maker, token=uuid.uuid4())
    assert operations.draft_values(draft)["user_id"] == "X" * 300
