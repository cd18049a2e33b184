"""The judge of the fault test must see each kind of wrong."""

import pytest

from tests.faults.ledger import Owed, Received, Wrong, content, judge, judge_sessions


def owed(id_, type_=310, state="applied"):
    return Owed(id_, "HO/A", type_, f"content {id_}", state)


def received(id_, type_=310, applied=True, start=None, end=None):
    start = start if start is not None else next(CLOCK)
    return Received("HO/A", type_, f"content {id_}", applied, f"{start:05}", f"{end or start:05}")


CLOCK = iter(range(10_000))


def kinds(owed, received):
    return [kind for kind, _ in judge(owed, received)]


def test_what_was_approved_and_applied_in_order_is_right():
    assert (
        kinds([owed(1, 301), owed(2), owed(3, 303)], [received(1, 301), received(2), received(3, 303)]) == []
    )


def test_the_same_state_set_twice_in_a_row_is_right():
    assert kinds([owed(1), owed(2)], [received(1), received(1), received(2)]) == []


@pytest.mark.parametrize("type_", [301, 303, 330])
def test_a_create_or_deposit_that_took_effect_twice_is_doubled(type_):
    assert kinds([owed(1, type_)], [received(1, type_), received(1, type_)]) == [Wrong.DOUBLED]


def test_an_applied_delivery_without_an_effect_is_lost():
    assert kinds([owed(1)], [received(1, applied=False)]) == [Wrong.LOST]


def test_an_effect_that_nobody_approved():
    assert kinds([], [received(9)]) == [Wrong.UNAPPROVED]


@pytest.mark.parametrize("state", ["refused", "cancelled", "queued"])
def test_an_effect_of_what_is_settled_otherwise_is_hidden(state):
    assert kinds([owed(1, state=state)], [received(1)]) == [Wrong.HIDDEN]


@pytest.mark.parametrize("effects", [[], [received(1)]])
def test_what_waits_for_a_person_may_or_may_not_have_taken_effect(effects):
    assert kinds([owed(1, state="open")], effects) == []


def test_a_repeat_that_undoes_a_later_message_is_out_of_order():
    assert kinds([owed(1), owed(2)], [received(1), received(2), received(1)]) == [Wrong.ORDER]


def test_a_message_that_overtakes_another_is_out_of_order():
    assert kinds([owed(1), owed(2)], [received(2), received(1)]) == [Wrong.ORDER]


def test_two_messages_of_one_user_at_the_same_time_overlap():
    came = [received(1, start=20_000, end=20_010), received(2, start=20_005)]
    assert kinds([owed(1), owed(2)], came) == [Wrong.OVERLAP]


def test_more_logons_than_reasons():
    assert judge_sessions(3, ended=1, unused=1) == []
    assert [kind for kind, _ in judge_sessions(3, ended=1, unused=0)] == [Wrong.SESSIONS]


def test_content_leaves_out_what_differs_between_two_sendings():
    first = "63=FT1.0|64=303|67=DEALER|4=0x1|201=RET001|203=10.00|252=ONE|999=123"
    second = "63=FT1.0|64=303|67=DEALER|4=0x2|201=RET001|203=10.00|252=TWO|999=456"
    assert content(first) == content(second) == "201=RET001|203=10.00"


def test_what_confirms_a_create_is_due_behind_it_whatever_its_number():
    due = [owed(1, 301), owed(3, 320), owed(2)]
    assert kinds(due, [received(1, 301), received(3, 320), received(2)]) == []
    assert kinds(due, [received(1, 301), received(2), received(3, 320)]) == [Wrong.ORDER]
