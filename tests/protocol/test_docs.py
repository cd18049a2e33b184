"""docs/protocol.md says what the declarations say."""

from pathlib import Path

import pytest

from backoffice.protocol.message import REQUESTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
ROWS = {
    cells[0]: cells
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0].isdigit()
}


def test_every_message_has_its_row_and_no_other():
    assert sorted(ROWS) == sorted(map(str, REQUESTS))


@pytest.mark.parametrize("message", REQUESTS.values(), ids=lambda message: str(message.type))
def test_a_row_is_true(message):
    assert ROWS[str(message.type)] == [
        str(message.type),
        message.title,
        ", ".join(map(str, sorted(message.replies))),
        message.operation,
        str(message.repeat),
        message.section,
        "/".join(message.__module__.split(".")[-2:]) + ".py",
    ]
