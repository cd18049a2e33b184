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


def test_every_message_has_a_screen_and_a_test_that_exists():
    used = {
        cells[1]: cells
        for line in PAGE.read_text(encoding="utf-8").split("## Where each message is used")[1].splitlines()
        if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 4 and cells[1].isdigit()
    }
    assert sorted(used) == sorted(map(str, REQUESTS))
    for number, (_, _, section, tests) in used.items():
        assert section == REQUESTS[int(number)].section
        for test in tests.split(", "):
            assert (PAGE.parents[1] / test.strip("`")).exists(), test
