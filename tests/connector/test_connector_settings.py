"""Senseless CONNECTOR settings are named at start; documents say what the settings are."""

import re

import pytest

from backoffice.connector import checks
from tools.prepare import ROOT

NAMES = set(
    re.findall(r"^(CONNECTOR\w*) = ", (ROOT / "backoffice" / "settings.py").read_text(), re.MULTILINE)
)
SOUND = {
    "CONNECTOR": True,
    "CONNECTOR_PUBLIC_URL": "https://connect.example",
    "CONNECTOR_LANDING_URL": "https://landing.example",
    "CONNECTOR_VAS_URL": "https://vas.example",
}


def found(settings, **changed):
    for name, value in {**SOUND, **changed}.items():
        setattr(settings, name, value)
    return [message.id for message in checks.connector(None)]


def test_a_live_portal_with_the_name_of_its_broker_is_sound(settings):
    assert found(settings, PORTAL_ENVIRONMENT="LIVE", CONNECTOR_BROKER_NAME="Example Securities") == []


def test_sound_settings_have_no_finding_and_off_needs_none(settings):
    assert found(settings) == []
    assert found(settings, CONNECTOR=False, CONNECTOR_VAS_URL="") == []


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"CONNECTOR_VAS_URL": ""}, "portal.E040"),
        ({"CONNECTOR_HOST": "elsewhere.example"}, "portal.E041"),
        ({"CONNECTOR_HOST": "testserver"}, "portal.E042"),
        ({"CONNECTOR_SYNC_BODY": "{", "CONNECTOR_SYNC_URL": "https://x.example"}, "portal.E043"),
        (
            {"CONNECTOR_SYNC_BODY": '{"a": "$unknown"}', "CONNECTOR_SYNC_URL": "https://x.example"},
            "portal.E043",
        ),
        ({"CONNECTOR_SYNC_BODY": '{"a": "$token"}'}, "portal.E044"),
        ({"CONNECTOR_VAS_TIMEOUT": 5}, "portal.E045"),
        ({"PORTAL_ENVIRONMENT": "LIVE"}, "portal.E048"),
        ({"PORTAL_ENVIRONMENT": "LIVE", "CONNECTOR_VAS_URL": "http://127.0.0.1:8803"}, "portal.W040"),
    ],
)
def test_senseless_settings_are_named(settings, changed, number):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert number in found(settings, **changed)


def test_every_setting_is_explained_and_in_the_example():
    document = (ROOT / "docs" / "connector.md").read_text()
    example = (ROOT / ".env.example").read_text()
    assert len(NAMES) > 15
    for name in NAMES:
        assert f"`{name}`" in document
        assert f"#{name}=" in example


def test_every_ruling_that_the_code_names_is_explained():
    folders = (ROOT / "backoffice" / "connector", ROOT / "partners")
    code = "".join(path.read_text() for folder in folders for path in folder.rglob("*.py"))
    named = set(re.findall(r"\bC\d{1,2}\b", code))
    document = (ROOT / "docs" / "connector.md").read_text()
    explained = set(re.findall(r"C\d{1,2}", "".join(re.findall(r"^\| (C[^|]*) \|", document, re.MULTILINE))))
    assert named - explained == set()
