"""A secret does not get out by accident (U11)."""

import copy
import json
import pickle
from dataclasses import dataclass

import pytest

from backoffice.protocol.secret import MASK, SecretText

SECRET = SecretText("Sesame42")


@dataclass
class Holder:
    """Something that holds a secret."""

    secret: SecretText


@pytest.mark.parametrize(
    "shown",
    [
        str(SECRET),
        repr(SECRET),
        f"{SECRET}",
        f"{SECRET!r}",
        f"{SECRET:>20}",
        "{}".format(SECRET),  # noqa: UP032
        repr([SECRET]),
        repr(Holder(SECRET)),
    ],
)
def test_it_prints_as_dots(shown):
    assert MASK in shown
    assert "Sesame42" not in shown


def test_it_is_not_pickled_nor_json():
    with pytest.raises(TypeError):
        pickle.dumps(SECRET)
    with pytest.raises(TypeError):
        json.dumps(SECRET)


def test_it_compares_by_content_and_is_false_when_empty():
    assert SecretText("Sesame42") == SECRET
    assert SecretText("other") != SECRET
    assert SECRET != "Sesame42"
    assert len({SECRET, SecretText("Sesame42")}) == 1
    assert not SecretText("")
    assert SECRET.reveal() == "Sesame42"


def test_copies_are_the_same_secret():
    assert copy.deepcopy({"a": SECRET})["a"] is SECRET
    assert copy.copy(SECRET) is SECRET
