"""docs/adding-a-message.md is right: its steps are carried out, and the new message goes to the stand-in and back."""

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from django.urls import reverse

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.changes import kinds, operations
from backoffice.changes.models import Change, State
from backoffice.delivery import handlers
from backoffice.delivery.models import Delivery
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State as DeliveryState
from backoffice.protocol.message import REQUESTS, RESPONSES
from backoffice.protocol.messages import addresses
from standins.odin.handlers.base import HANDLERS
from tests.html_forms import Page
from tests.uploads import said, sent, uploaded

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "adding-a-message.md").read_text(encoding="utf-8")
#: What each file gets, by its path, in the order of the page.
BLOCKS = dict(re.findall(r"^`([^`\n]+)`\n\n```\w+\n(.*?)^```$", PAGE, flags=re.M | re.S))
DECLARED, ANSWERED, KIND, LISTED, SAID = BLOCKS
#: All that a new message is entered in.
TABLES = (REQUESTS, RESPONSES, HANDLERS, kinds.KINDS, handlers._handlers)
SLUG = "email_address"


def module_of(path):
    """The block of a file as a module that Python knows, as if it stood in that file."""
    module = ModuleType(f"tests.changes.added.{Path(path).stem}")
    sys.modules[module.__name__] = module
    exec(compile(BLOCKS[path], path, "exec"), vars(module))
    return module


@pytest.fixture
def added(monkeypatch, settings, tmp_path):
    """The portal with the message of the page in it."""
    settings.VAR_DIR = tmp_path
    before = [dict(table) for table in TABLES]
    declared = module_of(DECLARED)
    module_of(ANSWERED)
    # The kind imports it from the module to which the block belongs.
    monkeypatch.setattr(addresses, "UpdateEmailAddress", declared.UpdateEmailAddress, raising=False)
    kind = module_of(KIND).KIND
    kinds.register(kind)
    yield kind
    for table, entries in zip(TABLES, before, strict=True):
        table.clear()
        table.update(entries)
    for name in [name for name in sys.modules if name.startswith("tests.changes.added.")]:
        del sys.modules[name]


@pytest.fixture
def desk(added, odin, approved, client, maker, checker):
    """A maker at the portal, and a retail user whom ODIN has."""
    approved(user_id="HAS001", group_id="HO", pan="", mobile="", email="old@example.com")
    drain(5)
    client.force_login(maker)
    user = RetailUser.objects.get(user_id="HAS001")
    return SimpleNamespace(client=client, odin=odin, checker=checker, kind=added, user=user)


def email_at_odin(desk):
    return desk.odin.store.user("HO", "HAS001")["values"]["email"]


def test_it_takes_six_files_at_most():
    files = re.findall(r"^\| `([^`]+)` \|", PAGE.partition("## 1.")[0], flags=re.M)
    assert files == list(BLOCKS)
    assert len(files) <= 6
    assert f"{['One', 'Two', 'Three', 'Four', 'Five', 'Six'][len(files) - 1]} files change" in PAGE


def test_every_file_but_the_kinds_own_is_there_already():
    root = Path(__file__).resolve().parents[2]
    assert [path for path in BLOCKS if not (root / path).exists()] == [KIND]


def test_what_is_listed_is_the_kind(added):
    assert f"{Path(KIND).stem}.KIND," in BLOCKS[LISTED]
    row = [cell.strip() for cell in BLOCKS[SAID].splitlines()[0].strip("|").split("|")]
    message = added.message
    replies = ", ".join(map(str, sorted(message.replies)))
    assert row[:6] == ["348", message.title, replies, message.operation, str(message.repeat), message.section]


def test_it_goes_from_the_form_to_the_stand_in_and_back_to_the_record(desk):
    page = desk.client.get(desk.user.get_absolute_url())
    address = reverse("accounts:change", args=["HO", "HAS001", SLUG])
    assert f'<a href="{address}">E-mail address</a>' in page.content.decode()

    form = Page(desk.client.get(address).content.decode())
    answer = desk.client.post(address, form.sent(press="check", email=""))
    assert answer.status_code == 200
    assert 'id="id_email-finding-0"' in answer.content.decode()
    answer = desk.client.post(address, form.sent(press="check", email="new@example.com"))
    check = Page(desk.client.get(answer.url).content.decode())
    desk.client.post(answer.url, check.sent(reason="Client's letter"))
    change = Change.objects.get(kind=SLUG, state=State.SUBMITTED)
    shown = desk.client.get(change.get_absolute_url()).content.decode()
    assert "new@example.com" in shown

    operations.approve(change.pk, by=desk.checker, content_hash=change.content_hash)
    drain(5)
    delivery = Delivery.objects.get(change=change)
    assert (delivery.state, delivery.message_type) == (DeliveryState.APPLIED, 348)
    assert email_at_odin(desk) == "new@example.com"
    desk.user.refresh_from_db()
    assert desk.user.email == "new@example.com"
    entry = Entry.objects.filter(change_id=change.pk, action="delivery.applied").get()
    assert (entry.before, entry.after) == ({"email": "old@example.com"}, {"email": "new@example.com"})


def test_it_goes_from_a_file_to_the_stand_in_and_back_to_the_record(desk):
    rows = uploaded(
        desk.client,
        SLUG,
        {"user_id": "HAS001", "group_id": "HO", "email": "new@example.com"},
        {"user_id": "NOBODY", "group_id": "HO", "email": "x"},
    )
    assert said(rows[0]) == set()
    assert ("user_id", "portal.exists") in said(rows[1])
    sent(desk.client, desk.checker, rows)
    drain(5)
    assert email_at_odin(desk) == "new@example.com"
    desk.user.refresh_from_db()
    assert desk.user.email == "new@example.com"
    (again,) = uploaded(
        desk.client, SLUG, {"user_id": "HAS001", "group_id": "HO", "email": "new@example.com"}
    )
    assert again.state == "done_before"


def test_its_own_rule_is_found(desk):
    (examined,) = desk.kind.examine([{"user_id": "HAS001", "group_id": "HO", "email": "old@example.com"}])
    assert examined.findings == []
    RetailUser.objects.create(user_id="OTHER", group_id="HO", email="other@example.com")
    (examined,) = desk.kind.examine([{"user_id": "HAS001", "group_id": "HO", "email": "other@example.com"}])
    assert [finding.rule for finding in examined.findings] == ["portal.email"]
