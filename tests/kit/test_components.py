"""The typed parts of pages and their tags: every state has its words, and hostile text stays text."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string

from backoffice.changes.models import State as ChangeState
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit.components import STATUSES, Event, Status, Tab, status
from backoffice.odin.outcome import OutcomeKind
from backoffice.protocol.findings import Finding, Severity

HOSTILE = "<script>alert('x')</script>"
ROOT = Path(__file__).parents[2]


def shown(source, /, **context):
    return Template("{% load portal %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("kind", "states"), [("change", ChangeState), ("delivery", DeliveryState), ("outcome", OutcomeKind)]
)
def test_every_state_has_a_word_a_colour_and_an_icon(kind, states):
    assert {str(state.value) for state in states} <= set(STATUSES[kind])


def test_every_icon_that_is_asked_for_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (ROOT / "static/icons.svg").read_text()))
    asked = {s.icon for table in STATUSES.values() for s in table.values()}
    for template in (ROOT / "templates").rglob("*.html"):
        asked |= set(re.findall(r'{% icon "([a-z-]+)"', template.read_text()))
    assert asked <= drawn


def test_no_page_has_inline_scripts_or_styles():
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:")
    found = [str(t) for t in (ROOT / "templates").rglob("*.html") if inline.search(t.read_text())]
    assert found == []


def test_a_state_that_nobody_knows_shows_as_its_own_word():
    assert status("delivery", "half_done") == Status("Half done", "idle", "dot")


def test_a_status_is_a_word_with_an_icon_and_says_who_must_act():
    pill = shown('{% status "change" "submitted" who=True %}')
    assert "Submitted" in pill
    assert "#inbox" in pill
    assert "a checker" in pill


@pytest.mark.parametrize(
    "tag", ["{% copyable text %}", '{% status "change" text %}', "{{ text|money }}", '{% icon "dot" text %}']
)
def test_tags_escape_what_comes_from_outside(tag):
    assert "<script>" not in shown(tag, text=HOSTILE)


def test_a_time_carries_its_full_form_for_those_who_hover():
    text = shown("{% ago at %}", at=datetime(2020, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert 'title="01-01-2020 05:30:01 IST"' in text
    assert 'datetime="2020-01-01T00:00:01+00:00"' in text
    assert shown("{% ago at %}", at=None) == "–"


def test_the_findings_summary_counts_and_links_errors_and_warnings_apart():
    findings = [
        Finding("banks.0.account_no", "Bank 1: type the account number."),
        Finding("mobile", "Mobile: looks short.", Severity.WARNING),
        Finding("", HOSTILE),
    ]
    page = render_to_string("components/findings.html", {"findings": findings})
    assert 'href="#id_banks-0-account_no"' in page
    assert 'href="#id_mobile"' in page
    assert "2 errors" in page
    assert "1 warning " in page
    assert "<script>" not in page
    assert page.count("data-focus") == 1


def test_no_findings_show_nothing():
    assert render_to_string("components/findings.html", {"findings": []}).strip() == ""


def test_a_finding_beside_its_field_escapes_what_was_typed():
    page = render_to_string(
        "components/finding.html", {"finding": Finding("name", HOSTILE), "id": "id_name_error"}
    )
    assert 'id="id_name_error"' in page
    assert "&lt;script&gt;" in page
    assert "&amp;lt;" not in page


def test_a_time_line_shows_who_what_why_and_the_details():
    event = Event(datetime.now(UTC), "Asha", "Approved", HOSTILE, details=[("Code", "1")], raw="63=4|64=301")
    page = render_to_string("components/timeline.html", {"events": [event]})
    assert "Asha" in page
    assert "64=301" in page
    assert "<script>" not in page


def test_the_current_tab_is_marked_for_those_who_listen():
    page = render_to_string(
        "components/tabs.html", {"tabs": [Tab("Banks", "/b", True, 2), Tab("Limits", "/l")]}
    )
    assert page.count("aria-current") == 1
