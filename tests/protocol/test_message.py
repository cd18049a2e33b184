"""A wrong declaration is refused when it is written; reuse of declarations keeps their order."""

import pytest

from backoffice.protocol.codes import Considered
from backoffice.protocol.fields import Code, Records, SubRecord, Text
from backoffice.protocol.findings import DeclarationError
from backoffice.protocol.message import REQUESTS, RESPONSES, Repeat, Request, Response, clean, initial, wants
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser
from backoffice.protocol.rules import Filled, RequiredWhen


class Base(Request, abstract=True):
    """What a message must have."""

    title = "Nothing"
    operation = "Nothing"
    reply = 9991
    repeat = Repeat.READ


@pytest.fixture(autouse=True)
def registries():
    """Messages declared in a test are forgotten after it."""
    requests, responses = dict(REQUESTS), dict(RESPONSES)
    yield
    for registry, kept in ((REQUESTS, requests), (RESPONSES, responses)):
        registry.clear()
        registry.update(kept)


def test_an_abstract_base_is_no_message():
    assert Base not in REQUESTS.values()


def test_a_tag_twice_is_refused():
    with pytest.raises(DeclarationError, match="tag 5001 is declared twice"):

        class Twice(Base):
            """(section 1)"""

            type = 9990
            one = Text(5001, "One")
            two = Text(5001, "Two")


@pytest.mark.parametrize("tag", [63, 64, 67, 4, 999, -1])
def test_the_codecs_own_tags_are_refused(tag):
    with pytest.raises(DeclarationError, match="is not a field's"):

        class Header(Base):
            """(section 1)"""

            type = 9990
            one = Text(tag, "One")


@pytest.mark.parametrize("missing", ["type", "title", "operation", "reply", "repeat"])
def test_a_message_without_one_of_its_facts_is_refused(missing):
    body = {"type": 9990, "__doc__": "(section 1)"}
    body[missing] = None
    with pytest.raises(DeclarationError, match=f"{missing} is missing"):
        type("Lacking", (Base,), body)


def test_a_message_without_its_section_is_refused():
    with pytest.raises(DeclarationError, match="section"):
        type("Lacking", (Base,), {"type": 9990, "__doc__": "Does things."})


def test_a_type_twice_is_refused():
    with pytest.raises(DeclarationError, match="301 is declared already"):
        type("Again", (Base,), {"type": 301, "__doc__": "(section 4.5)"})


def test_a_rule_that_names_an_unknown_field_is_refused():
    with pytest.raises(DeclarationError, match="names the unknown field"):

        class Ruled(Base):
            """(section 1)"""

            type = 9990
            rules = (RequiredWhen("one", Filled("other"), "of it", "U0"),)
            one = Text(5001, "One")


def test_always_sent_is_for_partial_messages():
    with pytest.raises(DeclarationError, match="only a partial message"):

        class Whole(Base):
            """(section 1)"""

            type = 9990
            one = Text(5001, "One", always_sent=True)


def test_a_record_of_one_sub_field_or_none_is_refused():
    class Lonely(SubRecord):
        """One text."""

        one = Text(0, "One")

    with pytest.raises(DeclarationError, match="two sub-fields"):
        Records(5001, "Many", Lonely)


def test_a_sub_record_whose_key_is_unknown_is_refused():
    with pytest.raises(DeclarationError, match="no sub-field"):

        class Keyed(SubRecord):
            """Two texts."""

            key = ("three",)
            one = Text(0, "One")
            two = Text(0, "Two")


def test_a_response_type_twice_is_refused():
    with pytest.raises(DeclarationError):
        type("Again", (Response,), {"type": 302})


def test_like_takes_fields_in_order_and_places_new_ones_before_the_next_redeclared():
    class First(Base):
        """(section 1)"""

        type = 9990
        a = Text(5001, "A", required=True)
        b = Text(5002, "B")
        c = Code(5003, "C", Considered)

    class Second(Base, like=First, without=("b",)):
        """(section 2)"""

        type = 9991
        partial = True
        new = Text(5004, "New")
        c = First.c.again(tag=5005)
        last = Text(5006, "Last")

    assert [(name, field.tag, field.required) for name, field in Second.fields.items()] == [
        ("a", 5001, False),
        ("new", 5004, False),
        ("c", 5005, False),
        ("last", 5006, False),
    ]
    assert [field.tag for field in First.fields.values()] == [5001, 5002, 5003]
    assert (Second.slug, Second.section, Second.replies) == ("second", "2", {9991})


def test_an_update_shares_lengths_and_codes_with_a_creation():
    for name, field in UpdateRetailUser.fields.items():
        if name in CreateRetailUser.fields and name not in ("banks", "demats"):
            assert field.max_length == CreateRetailUser.fields[name].max_length
            assert getattr(field, "choices", None) is getattr(CreateRetailUser.fields[name], "choices", None)


def test_what_an_update_always_carries():
    assert {name for name in UpdateRetailUser.fields if wants(UpdateRetailUser, name)} == {
        *("user_id", "group_id", "manager_id", "odin_user_type"),
        *("global_flag", "orders_per_second", "max_broadcast_scrips", "max_gtd"),
    }


def test_clean_fills_a_whole_message_and_keeps_a_partial_one_partial():
    assert clean(CreateRetailUser, {"name": " Asha ", "csrf": "x"})["name"] == "Asha"
    assert clean(CreateRetailUser, {}).keys() == CreateRetailUser.fields.keys()
    assert clean(CreateRetailUser, {})["trading_segments"] == []
    assert clean(CreateRetailUser, {})["mf_ucc"] == {}
    assert clean(UpdateRetailUser, {"name": " Asha ", "banks": []}) == {"name": "Asha", "banks": []}


def test_a_form_starts_with_the_defaults():
    start = initial(CreateRetailUser)
    assert (start["poa"], start["global_flag"], start["odin_user_type"], start["banks"]) == (
        "2",
        "0",
        "1",
        [],
    )
    assert initial(CreateRetailUser)["banks"] is not start["banks"]
