"""Text from outside costs in proportion to its length, whatever characters it has.

Each function that meets such text gets its worst characters, and ten times as many. What is compared is a ratio of the
times of this process: 10 where the work is linear, 100 where it is quadratic, on a fast machine as on a slow one. It is
taken again where a busy machine disturbs it.
"""

import logging
import re
import time
from functools import partial
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import RetailUser
from accounts.search import matching_anything
from backoffice.batches.file import matching, uploads
from backoffice.batches.file.dates import DateShapes
from backoffice.batches.pages import search as batch_search
from backoffice.delivery import wordings
from backoffice.kit import csv_files, privacy
from backoffice.kit import search as searching
from backoffice.logs import Lines
from backoffice.odin import gateway, outcome
from backoffice.protocol import charset, personal, reads_json, shapes, wire
from backoffice.protocol.findings import DecodeError, EncodeError
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.secret import SecretText

pytestmark = pytest.mark.slow

#: Characters. What is not linear shows between the first two, and would take minutes with the last.
LENGTHS = (3_000, 30_000, 300_000)
#: More than 10 by what allocating more memory costs; far less than 100.
MOST = 30
#: Shorter times (seconds) say nothing.
MEASURABLE = 0.0003
TRIES = 3

#: Runs of one character, and of what patterns look for or stop at.
WORST = {
    **{repr(one): one for one in (" ", "\n", "a", "1", "|", "=", "@", ".", "-", '"', "{", "\u00e9")},
    "blank and bar": " |",
    "secrets": "4=",
    "secrets in pairs": "|4=x",
    "tags": "|19=",
    "numbers": "1 ",
    "addresses": "a@a.",
    "mobiles": "9876543210 ",
    "PANs": "ABCDE1234F",
    "dates": "01-01-",
    "accounts": "1-1 1-1",
    "records": "a,b$",
}
#: What a text begins or ends with, so that a pattern sets out, and fails at the other end. The shorter lengths will do.
FRAMES = ("63=FT1.0|64=304|18=1|19=%s", "4%s", '{"A%s', "a@%sx", "00%s.")


def tried(function):
    """The function; that it refuses a text is as good as any answer."""

    def call(text):
        try:
            function(text)
        except (DecodeError, EncodeError, ValueError):
            return

    return call


def judged(type_):
    return lambda text: outcome.read(REQUESTS[type_], f"63=FT1.0|64=302|18=0|19={text}", earlier_unknown=True)


def logged(shape):
    def log(text):
        record = logging.getLogger("x").makeRecord("x", logging.INFO, __file__, 1, "%s", (text,), None)
        Lines(shape).format(record)

    return log


def found_in(text):
    searching.NUMBERED.fullmatch(text)
    batch_search.HASH.fullmatch(text)


def looked_like(text):
    for shape in (shapes.PAN, shapes.ISIN, shapes.PIN_CODE, shapes.MOBILE, shapes.EMAIL):
        list(shape.findings(text, "x"))


def sent_back(text):
    wire.encode(REQUESTS[318], {}, wire.Header("R", SecretText(text)))


FUNCTIONS = {
    "mask": wire.mask,
    "split": wire.split,
    "request": wire.decode_request,
    "answer": lambda text: wire.decode_reply(REQUESTS[303], text),
    "answer to a read": lambda text: wire.decode_reply(REQUESTS[328], text),
    "logon": lambda text: wire.decode_reply(REQUESTS[101], f"63=FT1.0|64=102|70=10000|4={text}"),
    "hidden message": lambda text: wire.hide_personal(f"63=FT1.0|64=301|224={text}"),
    "session id": sent_back,
    "data of a read": reads_json.parse,
    "outcome of a deposit": judged(303),
    "outcome of a create": judged(301),
    "wording": lambda text: wordings.common(text, ("aaa", "|19=")),
    "WSDL": lambda text: gateway._is_web_page(text.encode()),
    "hidden text": personal.hide_in_text,
    "hidden value": personal.hide_in_value,
    "names a person": personal.names_a_person,
    "hidden values": lambda text: privacy.hide_values({"name": text, "other": text}),
    "log as JSON": logged("json"),
    "log for the eye": logged("console"),
    "described": charset.describe,
    "cleaned": charset.cleaned,
    "shapes": looked_like,
    "Aadhaar": shapes.holds_aadhaar,
    "header of a column": matching.plain,
    "name of a file": uploads.clean_name,
    "date": partial(DateShapes(["DD-MM-YYYY", "DD-MMM-YYYY"]).fault, "Date"),
    "number to look for": found_in,
    "retail user to look for": lambda text: matching_anything(RetailUser.objects.none(), text, Nobody()),
    "cell of a CSV file": csv_files.safe,
    "lines of a CSV file": lambda text: csv_files.block([["a", text], [text, "b"]]),
}


class Nobody:
    def has_perm(self, name):
        return False


def spent(function, text):
    """The seconds of this process that a call takes."""
    before = time.process_time()
    function(text)
    return time.process_time() - before


def grows_in_proportion(function, frame, unit, lengths):
    """Whether ten times the text costs about ten times as much, at each of the lengths."""
    texts = [frame % (unit * (length // len(unit))) for length in lengths]
    for shorter, longer in pairwise(texts):
        for last in reversed(range(TRIES)):
            base = max(spent(function, shorter), MEASURABLE)
            if spent(function, longer) < MOST * base:
                break
            if not last:
                return False
    return True


@pytest.mark.parametrize("name", FUNCTIONS)
def test_text_from_outside_costs_in_proportion_to_its_length(name):
    function = tried(FUNCTIONS[name])
    for words, unit in WORST.items():
        assert grows_in_proportion(function, "%s", unit, LENGTHS), words
        for frame in FRAMES:
            assert grows_in_proportion(function, frame, unit, LENGTHS[:2]), frame % words


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["Origin", "Referer", "Host", "X-Forwarded-For", "User-Agent", "Cookie", "Accept"]
)
def test_the_headers_of_a_login_too(header):
    csrf = Client(enforce_csrf_checks=True)

    def log_in(text):
        csrf.post(
            reverse("logins:login"), {"login": "a", "password": "b"}, headers={header: text}, secure=True
        )

    for words, unit in WORST.items():
        if unit.isprintable() and unit.isascii():
            assert grows_in_proportion(log_in, "%s", unit, LENGTHS), words


def test_what_is_not_linear_is_found():
    quadratic = re.compile(r"(\s*(?:4|68|69|207)\s*=)")
    assert not grows_in_proportion(quadratic.search, "%s", " ", (1_000, 10_000))
