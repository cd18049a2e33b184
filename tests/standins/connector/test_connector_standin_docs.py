"""docs/connector-stand-in.md says what the stand-in has."""

import re

from standins.connector.faults import FAULTS
from standins.connector.publishers import BROKERS, CHOICES
from standins.connector.services import CALLS
from tools.prepare import ROOT

DOC = (ROOT / "docs" / "connector-stand-in.md").read_text()


def test_every_fault_is_in_the_table_with_its_words():
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", DOC.partition("## Faults")[2], re.MULTILINE)) == FAULTS


def test_every_choice_broker_and_service_is_explained():
    for name, known in CHOICES.items():
        assert f"| `{name}` | {', '.join(known)} |" in DOC
    for id_, name, _ in BROKERS:
        assert f"`{id_}` {name}" in DOC
    assert all(f"`{path}`" in DOC for path in CALLS)
