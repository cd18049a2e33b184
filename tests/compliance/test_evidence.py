"""Evidence packs: all of a retail user's story, without secrets, and whatever is altered in a pack is named."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.audit.models import Entry, Seal
from backoffice.audit.operations import record
from backoffice.audit.seals import seal_new
from backoffice.compliance import evidence, evidence_verifier
from backoffice.compliance.evidence import NoEvidence, Scope
from backoffice.compliance.evidence_verifier import Misfit, verify
from backoffice.delivery.sending import drain
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser

pytestmark = pytest.mark.django_db

PAGE = reverse("compliance:evidence")


@pytest.fixture
def recorded(db):
    """Entries of a retail user in two seals, and those of another."""
    record("test.before", by=None, subject="HO/OTHER", text="Somebody else's")
    record("test.first", by=None, subject="HO/HAS001", text="First", after={"name": "<b>"})
    seal_new()
    record("test.second", by=None, subject="HO/HAS001", text="Second")
    seal_new()


def made(path, compliance):
    """A pack of that user."""
    with path.open("wb") as file:
        evidence.make(Scope("HO/HAS001"), file, by=compliance, reason="The regulator asks")
    return path


@pytest.fixture
def pack(recorded, compliance, tmp_path):
    """The path of a pack of these entries."""
    return made(tmp_path / "pack.zip", compliance)


def read(path, name):
    with zipfile.ZipFile(path) as opened:
        return opened.read(name)


def rewrite(path, changes, fix_manifest=True):
    """The pack with some files changed (None: left out), its sums made right as a forger would."""
    with zipfile.ZipFile(path) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    files |= changes
    files = {name: content for name, content in files.items() if content is not None}
    if fix_manifest:
        manifest = json.loads(files.pop("manifest.json"))
        manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)


def altered(path, name, change):
    rows = json.loads(read(path, name))
    change(rows)
    rewrite(path, {name: json.dumps(rows).encode()})


@pytest.mark.django_db(transaction=True)
def test_a_pack_tells_the_whole_story_and_no_secret(odin, approved, compliance, tmp_path):
    approved(user_id="HAS001", group_id="HO")
    drain(5)
    seal_new()
    pack = made(tmp_path / "pack.zip", compliance)
    assert verify(str(pack))
    (change,) = json.loads(read(pack, "changes.json"))
    assert (change["made_by"], [a["by"] for a in change["approvals"]]) == ("maker", ["checker"])
    assert {"tag": 201, "field": "User id"}.items() <= change["messages"][0]["lines"][0].items()
    (delivery,) = json.loads(read(pack, "deliveries.json"))
    assert delivery["attempts"][0]["received"].startswith("63=FT1.0|64=302|18=1|")
    entries = json.loads(read(pack, "entries.json"))
    assert {entry["subject"] for entry in entries} == {"HO/HAS001"}
    assert {"change.submitted", "delivery.applied"} <= {entry["action"] for entry in entries}
    page = read(pack, "index.html").decode()
    assert "The regulator asks" in page
    assert "Attempt 1" in page
    secret = example(CreateRetailUser)["password"].reveal()
    with zipfile.ZipFile(pack) as opened:
        assert not [name for name in opened.namelist() if secret.encode() in opened.read(name)]


@pytest.mark.django_db(transaction=True)
def test_the_page_of_a_change_leads_to_a_pack_of_that_change_alone(
    client, odin, approved, compliance, tmp_path
):
    change, other = (approved(user_id=f"HAS00{n}", group_id="HO").change for n in (1, 2))
    drain(5)
    seal_new()
    client.force_login(compliance)
    address = f"{PAGE}?change={change.pk}"
    assert address in client.get(change.get_absolute_url()).content.decode()
    answer = client.post(address, {"reason": "The regulator asks"})
    pack = tmp_path / "pack.zip"
    pack.write_bytes(b"".join(answer.streaming_content))
    assert f"C-{change.pk}" in answer["Content-Disposition"]
    assert verify(str(pack))
    assert [row["id"] for row in json.loads(read(pack, "changes.json"))] == [change.pk]
    assert {row["change"] for row in json.loads(read(pack, "deliveries.json"))} == {change.pk}
    assert {row["change_id"] for row in json.loads(read(pack, "entries.json"))} == {change.pk}
    entry = Entry.objects.get(action="evidence.exported")
    assert (entry.subject, f"C-{change.pk}" in entry.text) == ("HO/HAS001", True)
    assert f"C-{other.pk}" not in read(pack, "index.html").decode()


@pytest.mark.parametrize("number", ["0", "x", "999999999"])
def test_there_is_no_pack_of_a_change_that_is_not_there(client, compliance, number):
    client.force_login(compliance)
    assert client.get(PAGE, {"change": number}).status_code == 404


def test_a_pack_fits_and_is_checked_without_the_portal(pack, tmp_path):
    program = tmp_path / "verify.py"
    program.write_bytes(read(pack, "verify.py"))
    head = f"2:{Seal.objects.get(number=2).hash}"
    answer = subprocess.run(
        [sys.executable, "-I", program, pack, "--head", head], capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "2 of 2 entries fit their seals" in answer.stdout
    assert head in answer.stdout


def test_hostile_texts_are_shown_as_texts(pack):
    assert "<b>" not in read(pack, "index.html").decode()


def test_that_a_pack_was_made_is_an_entry_that_names_it(pack, compliance):
    entry = Entry.objects.get(action="evidence.exported")
    assert (entry.by, entry.subject, entry.reason) == (compliance, "HO/HAS001", "The regulator asks")
    assert verify(str(pack), manifest_sum=entry.details["manifest"])
    rewrite(pack, {"index.html": b"<p>Nothing happened.</p>"})
    assert verify(str(pack))
    with pytest.raises(Misfit, match="another pack"):
        verify(str(pack), manifest_sum=entry.details["manifest"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"index.html": b"x"}, "index.html was altered"),
        ({"changes.json": None}, "changes.json is missing"),
        ({"more.txt": b"x"}, "more.txt was added"),
    ],
)
def test_a_file_that_the_manifest_does_not_know_is_named(pack, changes, words):
    rewrite(pack, changes, fix_manifest=False)
    with pytest.raises(Misfit, match=words):
        verify(str(pack))


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("entries.json", lambda rows: rows[0].update(by_name="nobody"), "is not what was sealed"),
        (
            "entries.json",
            lambda rows: rows[0].update(id=-1, subject="x"),
            "is not what was sealed|slipped in",
        ),
        ("seals.json", lambda rows: rows[0].update(count=99), "Seal 1 was altered"),
        ("seals.json", lambda rows: rows.pop(0), "slipped in"),
        ("seals.json", lambda rows: rows.pop(), "does not end at the head"),
        ("seals.json", lambda rows: rows[0].update(digests="00"), "digests of seal 1"),
        ("seals.json", lambda rows: rows[1].update(previous="0" * 64), "Seal 2 does not follow"),
    ],
)
def test_a_forger_who_mends_the_manifest_is_caught_by_the_seals(pack, name, change, words):
    altered(pack, name, change)
    with pytest.raises(Misfit, match=words):
        verify(str(pack))


def test_a_chain_that_was_written_anew_lacks_the_seal_that_was_kept(pack):
    with pytest.raises(Misfit, match="Seal 2, as it was kept elsewhere"):
        verify(str(pack), head=f"2:{'ab' * 32}")


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_what_is_no_pack_is_said(tmp_path, capsys, content):
    path = tmp_path / "pack.zip"
    if content is not None:
        path.write_bytes(content)
    assert evidence_verifier.main([str(path)]) == 2
    assert "no evidence pack" in capsys.readouterr().err


def test_a_time_span_has_its_days_and_no_others(recorded, compliance, tmp_path):
    today = timezone.localdate()
    file = io.BytesIO()
    evidence.make(Scope(since=today, until=today), file, by=compliance, reason="x")
    entries = json.loads(read(file, "entries.json"))
    assert {"HO/HAS001", "HO/OTHER"} <= {entry["subject"] for entry in entries}
    with pytest.raises(NoEvidence, match="Nothing is recorded"):
        evidence.make(Scope(until=date(2001, 1, 1)), io.BytesIO(), by=compliance, reason="x")


def test_too_much_for_one_pack_is_said(recorded, compliance, monkeypatch):
    monkeypatch.setattr(evidence, "MOST", 1)
    with pytest.raises(NoEvidence, match="more than 1 entries"):
        evidence.make(Scope("HO/HAS001"), io.BytesIO(), by=compliance, reason="x")


def test_compliance_downloads_a_pack(recorded, client, compliance):
    client.force_login(compliance)
    answer = client.post(PAGE, {"subject": "HO/HAS001", "reason": "Asked"})
    assert answer["Content-Disposition"].startswith('attachment; filename="evidence-HO-HAS001-')
    assert (
        json.loads(read(io.BytesIO(b"".join(answer.streaming_content)), "manifest.json"))["reason"] == "Asked"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"subject": "HO/NOBODY", "reason": "x"}, "Nothing is recorded"),
        ({"subject": "HO/HAS001", "reason": ""}, "required"),
        ({"since": "2026-01-01", "reason": "x"}, "both days"),
        ({"since": "2026-01-02", "until": "2026-01-01", "reason": "x"}, "before the first"),
    ],
)
def test_what_cannot_be_made_is_said(client, compliance, given, words):
    client.force_login(compliance)
    assert words in client.post(PAGE, given).content.decode()
    assert not Entry.objects.filter(action="evidence.exported").exists()


def test_others_make_no_packs(client, checker):
    client.force_login(checker)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"subject": "HO/HAS001", "reason": "x"}).status_code == 403
