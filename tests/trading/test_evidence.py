"""Evidence packs hold the access checks of a retail user, whole and without a secret."""

import json
import zipfile

import pytest

from backoffice.audit.evidence import Scope
from backoffice.audit.seals import seal_new
from backoffice.compliance import evidence
from backoffice.compliance.evidence_verifier import verify
from tests.rest.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_pack_has_every_check_with_its_calls_and_rows(standin, check, compliance, tmp_path):
    made = check(standin)
    check(standin, password="Wrong#2026")
    seal_new()
    path = tmp_path / "pack.zip"
    with path.open("wb") as file:
        evidence.make(Scope("HO/DEMO1"), file, by=compliance, reason="The regulator asks")
    verify(path)
    with zipfile.ZipFile(path) as opened:
        rows = json.loads(opened.read("access_checks.json"))
        page = opened.read("index.html").decode()
        everything = b"".join(opened.read(name) for name in opened.namelist())
    assert [row["verdict"] for row in rows] == ["Equal", "No login"]
    assert rows[0]["identified"] == "Here, with an identity document"
    assert {call["call"] for call in rows[0]["calls"]} == {
        "login",
        "validate",
        "balance",
        "profile",
        "logout",
    }
    assert len(rows[0]["rows"]) == len(made.result.rows)
    assert "Trading allowed" in page
    for secret in (PASSWORD, "Wrong#2026", standin.store.sessions()[0]["token"]):
        assert secret.encode() not in everything
