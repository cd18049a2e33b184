"""A message in words: the characters that differ are marked where a person would otherwise compare them one by one."""

import pytest
from django.template import Context, Template

from backoffice.kit.message_words import pieces
from backoffice.protocol.explanation import Line


def differing(before, after):
    return tuple([text for text, differs in found if differs] for found in pieces(before, after))


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("912010012345678", "912010012354678", (["45"], ["54"])),
        ("128 MG Road, Pune", "128 MG Road, Pune 411001", ([], [" 411001"])),
        ("12 MG Road", "12 MG Road", ([], [])),
        ("128 MG Road", "Flat 9, Sea View", ([], [])),
        ("128 Sandal Street", "18 Mahogany Street", ([], [])),
        ("5000", "6000", ([], [])),
    ],
)
def test_only_what_differs_in_two_long_and_similar_texts_is_marked(before, after, marked):
    assert differing(before, after) == marked
    for text, found in zip((before, after), pieces(before, after), strict=True):
        assert "".join(piece for piece, _ in found) == text


def test_marks_stand_in_the_message_and_a_hostile_value_is_text():
    line = Line(5, "address", "Address", "<b>Ring Road 12</b>", "", "<b>Ring Road 19</b>", "changed")
    page = Template('{% include "components/message_line.html" with old=True %}').render(
        Context({"line": line})
    )
    assert "&lt;b&gt;Ring Road 1<del>9</del>&lt;/b&gt;" in page
    assert "&lt;b&gt;Ring Road 1<ins>2</ins>&lt;/b&gt;" in page
