"""The registry of the kinds of change: each once, under one name, in the module of that name."""

from collections import Counter
from dataclasses import replace
from importlib import import_module

import pytest

from accounts.kinds import KINDS as OF_USERS
from backoffice.changes import kinds
from backoffice.changes.examination import Records
from backoffice.changes.kinds import KINDS
from backoffice.delivery import handlers
from backoffice.protocol.message import REQUESTS, Repeat
from limits.kinds import KINDS as OF_LIMITS


@pytest.mark.parametrize(
    ("room", "kind"), [*(("accounts", kind) for kind in OF_USERS), *(("limits", kind) for kind in OF_LIMITS)]
)
def test_a_kind_stands_in_the_module_of_its_name(room, kind):
    assert import_module(f"{room}.kinds.{kind.slug}").KIND is kind
    assert KINDS[kind.slug] is kind


def test_every_message_that_changes_something_has_a_kind():
    changing = {
        number for number, message in REQUESTS.items() if message.repeat not in (Repeat.READ, Repeat.SESSION)
    }
    assert changing == {kind.message.type for kind in KINDS.values() if kind.message.type}


def test_a_kind_either_sends_a_message_or_is_applied_here():
    for kind in KINDS.values():
        assert bool(kind.message.type) == bool(kind.apply), kind.slug
        assert bool(kind.apply or kind.follows) == (not kind.apply_here), kind.slug
        assert not (kind.local and kind.files) or kind.apply_here_many, kind.slug


def test_what_goes_behind_other_messages_knows_records_that_are_at_hand():
    behind = {message for kind in KINDS.values() for message in kind.follows}
    assert behind
    assert all(isinstance(kinds.kind_of(message).records, Records) for message in behind)


def test_no_two_kinds_have_one_name():
    with pytest.raises(ValueError, match="called cash_deposit"):
        kinds.register(replace(KINDS["cash_deposit"], title="Another"))
    files = Counter(file.slug for kind in KINDS.values() for file in kind.files)
    assert [slug for slug, count in files.items() if count > 1] == []


def test_no_two_kinds_do_different_things_with_one_message():
    other = handlers.Handler(lambda lane, values: handlers.Applied())
    with pytest.raises(ValueError, match="message type 301"):
        handlers.register(301, other)


def test_two_people_settle_deposits_and_approved_quantities():
    assert handlers.money_types() == [303, 330, 338, 340]
