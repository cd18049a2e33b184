"""Templates can be read and compared line by line."""

from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "templates"
LONGEST = 160


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_no_line_of_a_template_is_longer_than_a_screen(template):
    long = [number for number, line in enumerate(template.read_text().splitlines(), 1) if len(line) > LONGEST]
    assert long == []
    assert "₹ {{" not in template.read_text()  # the filter `rupees` keeps the sign beside its amount
