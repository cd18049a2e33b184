"""A form is a file of one row: whatever is proposed through either has the same findings and becomes the same change.

The kinds of file come from the registry: a new one fails here until it has a row in `ROWS`.
"""

from contextlib import contextmanager
from dataclasses import astuple
from functools import lru_cache

import pytest
from django.db import transaction
from django.urls import reverse

from accounts import answer_groups
from backoffice.batches.check import checking
from backoffice.batches.file.cells import RowReader
from backoffice.batches.file.columns import by_name
from backoffice.batches.models import RowState
from backoffice.changes import references
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Assessed
from backoffice.changes.kinds import KINDS, file_kind, file_kinds, kind_of_file
from backoffice.changes.models import Change, State
from backoffice.delivery.content import one
from backoffice.kit.formsets import MessageForm
from backoffice.kit.sections import named
from backoffice.masters.operations import keep
from backoffice.protocol.fields import Code, Flags, SecretText
from backoffice.protocol.findings import Finding, Severity
from backoffice.seal import unseal_values
from limits import deposits
from tests.factories import BankAccountFactory, ChangeFactory, DeliveryFactory, RetailUserFactory
from tests.html_forms import Page
from tests.uploads import said, uploaded

pytestmark = pytest.mark.django_db

UPDATE = "update_retail_user"
ASHA = {"user_id": "WEBRET1", "group_id": "HO"}
NEW = {"user_id": "WEBRET9", "group_id": "HO"}
PERSON = {
    "name": "Ravi Testwala",
    "gender": "M",
    "category": "4",
    "status": "A",
    "pan": "ABCPT1234A",
    "birth_date": "21-01-1985",
    "mobile": "9800000002",
    "email": "ravi@example.com",
    "address_1": "1 Sample Street",
    "city": "Pune",
    "pin_code": "411004",
    "client_type": "IND",
    "bank_1_bank_id": "HDFC",
    "bank_1_account_no": "00123456789",
    "bank_1_is_default": "1",
    "bank_1_account_type": "SB",
}
#: A row of each kind of file that can be submitted, by its slug.
ROWS = {
    "create_retail_user": {
        **NEW,
        **PERSON,
        "manager_id": "10.0.10.0",
        "odin_user_type": "1",
        "password": "Sample2026",
        "trading_segments": "1",
        "market_data_segments": "1",
        "login_segments": "1",
        "login_types": "17",
        "products": "3",
        "gst_template": "USERMIG",
        "surveillance": "0",
        "form60": "N",
        "tax_status": "1",
        "occupation": "1",
        "reference": "REF1",
    },
    "register_retail_user": {**NEW, **PERSON, "odin_user_type": "1", "declared_from": "Export of 1 November"},
    UPDATE: {**ASHA, "city": "Pune", "pin_code": "411004", "address_2": "Flat 4", "email": "a@example.com"},
    "declare_values": {
        **ASHA,
        "city": "Pune",
        "email": "a@example.com",
        "bank_1_bank_id": "HDFC",
        "bank_1_account_no": "00123456789",
        "bank_1_is_default": "1",
        "bank_1_account_type": "SB",
        "declared_from": "Export of 1 November",
    },
    "send_again": {
        **ASHA,
        "city": "Pune",
        "pin_code": "411004",
        "address_2": "Flat 4",
        "email": "a@example.com",
    },
    "status": {**ASHA, "status": "S"},
    "user_template": {**ASHA, "template_type": "11", "template_name": "CRP1", "level": "1"},
    "qvl_templates": {**ASHA, "template_name": "ALL", "exchange": "1", "level": "0"},
    "dealer_mapping": {**ASHA, "action": "A", "dealer_group": "HO", "dealer_id": "DEAL1"},
    "square_off": {
        **ASHA,
        "action": "1",
        "periodicity": "3",
        "mtm_pre": "60",
        "mtm": "80",
        "mtm_trigger": "1",
    },
    "channels": {
        **ASHA,
        "si_template": "100170",
        "channel_1_template_name": "TRADING",
        "channel_1_channel": "ONLINE",
        "channel_1_status": "1",
        "channel_1_action": "1",
    },
    "participant_codes": {**ASHA, "segment": "1", "code": "01494460IH"},
    "alternate_addresses": {
        **ASHA,
        "first_type": "1",
        "first_address_1": "1 Hill Road",
        "first_city": "Pune",
    },
    "cash_deposit": {**ASHA, "amount": "100", "product_id": "1", "reference": "REF1"},
    "manual_collateral": {**ASHA, "amount": "100", "product_id": "1", "reference": "REF1"},
    "edis_quantity": {**ASHA, "isin": "INE009A01021", "qty": "10"},
    "pledge_quantity": {**ASHA, "isin": "INE009A01021", "qty": "10", "status": "success"},
}
#: What goes out behind a profile, by the columns of a create file.
BEHIND = {
    "template_1_type": "11",
    "template_1_name": "CRP1",
    "qvl_1_name": "ALL",
    "qvl_1_exchange": "1",
    "qvl_1_level": "0",
    "dealer_1_group": "HO",
    "dealer_1_id": "DEAL1",
    "si_template": "100170",
    "channel_1_template": "TRADING",
    "channel_1_channel": "ONLINE",
    "channel_1_status": "1",
    "square_off_1_periodicity": "3",
    "square_off_1_mtm": "80",
    "square_off_1_mtm_trigger": "1",
    "participant_1_segment": "1",
    "participant_1_code": "01494460IH",
    "alternate_address_1_type": "1",
    "alternate_address_1_address_1": "1 Hill Road",
    "alternate_address_1_city": "Pune",
    "deposit_1_amount": "1000.50",
    "deposit_1_product_id": "1",
    "collateral_1_amount": "500",
    "collateral_1_product_id": "1",
}
ROWS |= {
    "package": {**ASHA, **BEHIND, "gst_template": "USERMIG"},
    "convert_retail_user": {
        "user_id": "WEBRET2",
        "group_id": "HO",
        "password": "Sample2026",
        "mobile": "9800000009",
        "client_type": "IND",
        "gst_template": "USERMIG",
        "dealer_1_group": "HO",
        "dealer_1_id": "DEAL1",
    },
}
#: Cells that replace those of `ROWS`, and the rule of at least one finding on them, in form and file.
ODD = [
    ("create_retail_user", {"group_id": "H/O"}, "portal.lane"),
    ("create_retail_user", {"user_id": "WEBRET1"}, "portal.exists"),
    ("create_retail_user", {"user_id": "PENDING1"}, "portal.pending"),
    ("create_retail_user", {"pan": "ABCPT9999Z"}, "portal.shared"),
    ("create_retail_user", {"bank_1_bank_id": "SBI", "bank_1_account_no": "777"}, "portal.shared"),
    ("create_retail_user", {"bank_1_bank_id": "HDFX"}, "portal.names"),
    ("create_retail_user", {"gender": "F"}, ""),
    ("create_retail_user", {"birth_date": "21-01-2020"}, ""),
    ("create_retail_user", {"mobile": "98000 00002"}, ""),
    ("create_retail_user", {"poa": "0"}, ""),
    ("create_retail_user", {**BEHIND, "template_1_name": "CRP9"}, "portal.names"),
    (
        "create_retail_user",
        {**BEHIND, "template_2_type": "11", "template_2_name": "CRP1"},
        "portal.follow_up",
    ),
    (
        "create_retail_user",
        {**BEHIND, "alternate_address_2_type": "1", "alternate_address_2_city": "X"},
        "O9",
    ),
    ("create_retail_user", {**BEHIND, "deposit_1_amount": "99999999"}, ""),
    ("create_retail_user", {**BEHIND, "deposit_1_product_id": ""}, "mandatory"),
    ("create_retail_user", {**BEHIND, "user_id": "WEBRET1"}, "portal.exists"),
    ("package", {"deposit_1_amount": "555.00"}, "portal.same_day"),
    ("convert_retail_user", {"dealer_1_id": "DEAL9"}, "portal.names"),
    ("register_retail_user", {"user_id": "WEBRET1"}, "portal.exists"),
    ("register_retail_user", {"pan": "ABCPT9999Z"}, "portal.shared"),
    ("register_retail_user", {"bank_1_bank_id": "HDFX"}, "portal.names"),
    (UPDATE, {"pan": "ABCPT9999Z"}, "portal.shared"),
    (UPDATE, {"pan": "ABCPT9999Z"}, "portal.compare"),
    (UPDATE, {"name": "Ravi Other"}, "portal.compare"),
    (UPDATE, {"group_id": "HO", "odin_user_type": "1"}, ""),
    (
        UPDATE,
        {"bank_1_bank_id": "HDFX", "bank_1_account_no": "00999", "bank_1_is_default": "1"},
        "portal.names",
    ),
    (
        UPDATE,
        {"bank_1_bank_id": "SBI", "bank_1_account_no": "777", "bank_1_is_default": "1"},
        "portal.shared",
    ),
    (UPDATE, {"trading_segments": "5"}, "U19"),
    (UPDATE, {"status": "S"}, ""),
    ("user_template", {"template_name": "CRP9"}, "portal.names"),
    ("qvl_templates", {"template_name": "ALX"}, "portal.names"),
    ("dealer_mapping", {"dealer_id": "DEAL9"}, "portal.names"),
    ("cash_deposit", {"reference": "USED1"}, "O1"),
    ("cash_deposit", {"amount": "555.00"}, "portal.same_day"),
    ("cash_deposit", {"amount": "99999999"}, ""),
    ("manual_collateral", {"reference": "USED1"}, "O1"),
    ("manual_collateral", {"amount": "555.00"}, "portal.same_day"),
]
#: Fields without a known value.
UNKNOWN = [(), ("global_flag", "max_gtd"), ("manager_id", "category", "poa")]
#: What a change keeps of what was examined.
KEPT = ("kind", "subject", "before", "findings", "risks", "amount", "checkers", "record_version")


@pytest.fixture
def as_maker(client, maker, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    client.force_login(maker)
    return client


@pytest.fixture
def desk(as_maker, admin, monkeypatch):
    """Master lists, a retail user, others with the same details, and what was proposed and sent before."""
    for list_name, code, within in (
        ("banks", "HDFC", ""),
        ("banks", "SBI", ""),
        ("templates", "CRP1", "11"),
        ("dealers", "DEAL1", "HO"),
        ("groups", "HO", ""),
        ("managers", "10.0.10.0", ""),
        ("qvl_templates", "ALL", ""),
    ):
        keep(list_name, code, "", within=within, by=admin)
    RetailUserFactory(**ASHA, name="Asha Testwala", pan="ABCPT1234B", inactive_segments=["5"])
    RetailUserFactory(user_id="WEBRET2", group_id="HO", odin_user_type="0", products=["3"])
    other = RetailUserFactory(user_id="OTHER", group_id="HO", pan="ABCPT9999Z")
    BankAccountFactory(retail_user=other, bank_id="SBI", account_no="777")
    ChangeFactory(subject="HO/PENDING1")
    deposit = {**ASHA, "reference": "USED1", "amount": "555.00"}
    DeliveryFactory(
        lane="HO/WEBRET1",
        message_type=303,
        reference="USED1",
        own_values=deposit,
        change=ChangeFactory.approved(
            kind="cash_deposit", subject="HO/WEBRET1", own_values=deposit, messages=one(303, deposit)
        ),
    )
    monkeypatch.setattr(references, "new_reference", lambda: "REFMADE")
    monkeypatch.setattr(checking, "new_reference", lambda: "REFMADE")
    monkeypatch.setattr(deposits, "new_reference", lambda: "REFMADE")
    monkeypatch.setattr(answer_groups, "new_reference", lambda: "REFMADE")
    return as_maker


def read(slug, cells):
    """The values that cells are read as."""
    return RowReader(file_kind(slug).layout, list(cells)).read(list(cells.values())).values


@contextmanager
def undone():
    """What is done in the block is undone, so that the other door finds what this one found."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def controls(values):
    """What a form sends of such values, control by control."""
    sent = {}
    for name, value in values.items():
        if isinstance(value, dict):
            sent |= {f"{name}-{part}": [text] for part, text in value.items()}
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, record in enumerate(value):
                sent |= {f"{name}-{number}-{part}": [text] for part, text in record.items()}
        else:
            sent[name] = value if isinstance(value, list) else [value]
    return {name: [plain((name, text))[1] for text in texts] for name, texts in sent.items()}


@lru_cache(maxsize=1)
def opened(client, address):
    """A form as it is opened, which is the same each time, since what is sent with it is undone."""
    return Page(client.get(address).content.decode())


def by_form(client, slug, cells):
    """The findings that the form shows, each with its field, and the change that is submitted, if it is."""
    kind = kind_of_file(slug)
    values = {name: value for name, value in read(slug, cells).items() if value or kind.message.partial}
    with undone():
        address = kind.page(f"{cells['group_id']}/{cells['user_id']}")
        answer = client.post(address, opened(client, address).sent(press="check", **controls(values)))
        if answer.status_code == 200:
            return shown(answer.context["findings"]), None
        page = client.get(answer.url)
        warnings = shown(page.context["warnings"])
        answer = client.post(answer.url, {"reason": "As asked", "seen": page.context["seen"]})
        assert answer.status_code == 302, answer.content.decode()
        return warnings, kept(Change.objects.get(state=State.SUBMITTED, reason="As asked"))


def by_file(client, slug, cells):
    """The findings of a row of a file, each with its field, and the change that is submitted, if it is."""
    kind = kind_of_file(slug)
    with undone():
        (row,) = uploaded(client, slug, cells)
        found = [Finding(**{**stored, "severity": Severity(stored["severity"])}) for stored in row.findings]
        findings = shown(named(MessageForm(kind.asks or kind.message, row.values, found)))
        if row.state == RowState.WRONG:
            return findings, None
        assert row.state in (RowState.GOOD, RowState.WARNED), row.state
        address = reverse("batches:submit", args=[row.batch_id])
        total = {"control_total": row.amount} if row.amount else {}
        answer = client.post(address, {"mode": "valid", "reason": "As asked", **total})
        assert answer.status_code == 302, answer.content.decode()
        return findings, kept(Change.objects.get(batch=row.batch_id))


def shown(findings):
    return sorted(map(repr, map(astuple, findings)))


def kept(change):
    """What a change keeps of the examination, its messages with secrets opened, and the hash that is approved."""
    messages = [(part["type"], unseal_values(part["values"])) for part in change.messages]
    sealed = any(isinstance(value, SecretText) for _, part in messages for value in part.values())
    return {
        **{name: getattr(change, name) for name in KEPT},
        "messages": [(number, dict(map(plain, part.items()))) for number, part in messages],
        # A sealed secret is another text each time, and so is the hash over it.
        "content_hash": "" if sealed else change.content_hash,
    }


def plain(pair):
    name, value = pair
    return name, value.reveal() if isinstance(value, SecretText) else value


def compare(client, slug, cells):
    """Propose the same through both doors, and give what the file said of it."""
    form, file = by_form(client, slug, cells), by_file(client, slug, cells)
    assert form[0] == file[0]
    assert form[1] == file[1]
    return file


def test_every_kind_of_file_is_compared():
    assert set(ROWS) == set(file_kinds())


@pytest.mark.parametrize("slug", ROWS)
def test_what_is_right_becomes_the_same_change(desk, slug):
    findings, change = compare(desk, slug, ROWS[slug])
    assert change is not None, findings


def test_what_goes_out_behind_a_profile_becomes_the_same_messages(desk):
    _, change = compare(desk, "create_retail_user", {**ROWS["create_retail_user"], **BEHIND})
    assert [number for number, _ in change["messages"]] == [301, 310, 312, 314, 322, 324, 344, 346, 303, 330]


DEMAT = {"demat_1_dp_id": "IN300940", "demat_1_beneficiary_id": "12345678", "demat_1_holding_type": "1"}
SECOND_BANK = {"bank_2_bank_id": "SBI", "bank_2_account_no": "00987", "bank_2_account_type": "SB"}


def test_the_only_bank_and_the_only_demat_account_become_the_defaults(desk):
    row = {**ROWS["create_retail_user"], **DEMAT, "bank_1_is_default": "", "demat_1_is_default": ""}
    findings, change = compare(desk, "create_retail_user", row)
    ((_, sent),) = change["messages"]
    assert [account["is_default"] for name in ("banks", "demats") for account in sent[name]] == ["1", "Y"]
    assert not any("default" in finding for finding in findings)


@pytest.mark.parametrize(
    "banks", [{"bank_1_is_default": "0"}, {"bank_1_is_default": "", "bank_2_is_default": "", **SECOND_BANK}]
)
def test_no_bank_becomes_the_default_against_the_file_or_by_chance(desk, banks):
    findings, change = compare(desk, "create_retail_user", {**ROWS["create_retail_user"], **banks})
    ((_, sent),) = change["messages"]
    assert not any(bank["is_default"] == "1" for bank in sent["banks"])
    assert any("No bank is the default" in finding for finding in findings)


@pytest.mark.parametrize(("slug", "cells", "rule"), ODD)
def test_what_is_odd_has_the_same_findings(desk, slug, cells, rule):
    findings, _ = compare(desk, slug, {**ROWS[slug], **cells})
    assert any(f"'{rule}'" in finding for finding in findings) or not rule, findings


def texts():
    """The columns of free text of each kind of file; a field of several kinds is listed with the first alone."""
    columns, met = {}, set()
    for slug, row in ROWS.items():
        known = by_name(file_kind(slug).layout)
        for name in row.keys() - ASHA.keys():
            field = repr(known[name].field)
            if (
                field not in met
                and not isinstance(known[name].field, Code | Flags)
                and not known[name].secret
            ):
                met.add(field)
                columns.setdefault(slug, []).append(name)
    return columns


@pytest.mark.parametrize(("slug", "names"), texts().items())
def test_a_text_that_odin_cannot_take_is_found_in_every_field(desk, slug, names):
    for name in names:
        findings, change = compare(desk, slug, {**ROWS[slug], name: f"{ROWS[slug][name]}|"})
        assert change is None
        assert findings, name


@pytest.mark.parametrize("slug", ROWS)
def test_what_is_left_out_is_found_in_both(desk, slug):
    for name in ROWS[slug].keys() - ASHA.keys():
        if not by_name(file_kind(slug).layout)[name].required:
            compare(desk, slug, {**ROWS[slug], name: ""})


class TestThatADifferenceIsNoticed:
    """A rule that only one side has fails the comparison; one of the kind's own holds for both."""

    SLUG = "dealer_mapping"
    FINDING = Finding("", "A rule of one side alone.", rule="alone")

    def test_a_rule_of_the_form_alone(self, desk, monkeypatch):
        examine = EntryForm.examine

        def stricter(form, values):
            found = examine(form, values)
            found.findings.append(self.FINDING)
            return found

        monkeypatch.setattr(EntryForm, "examine", stricter)
        with pytest.raises(AssertionError):
            compare(desk, self.SLUG, ROWS[self.SLUG])

    def test_a_rule_of_the_file_alone(self, desk, monkeypatch):
        findings = checking._findings
        monkeypatch.setattr(checking, "_findings", lambda *args: [*findings(*args), self.FINDING])
        with pytest.raises(AssertionError):
            compare(desk, self.SLUG, ROWS[self.SLUG])

    def test_a_rule_of_the_kind(self, desk, monkeypatch):
        from dataclasses import replace

        kind = KINDS[self.SLUG]
        stricter = replace(kind, assess=lambda many, known: [Assessed([self.FINDING]) for _ in many])
        monkeypatch.setitem(KINDS, self.SLUG, stricter)
        findings, change = compare(desk, self.SLUG, ROWS[self.SLUG])
        assert "alone" in str(findings)
        assert change is None


@pytest.mark.parametrize(
    "slug", [slug for slug, cells in ROWS.items() if cells["user_id"] == ASHA["user_id"]]
)
@pytest.mark.parametrize("user_type", ["0", "1"])
@pytest.mark.parametrize("unknown", UNKNOWN, ids=" ".join)
def test_form_and_file_find_the_same_mandatory(as_maker, slug, user_type, unknown):
    """What is mandatory in a form is mandatory in a file, whatever is known of the user, in ODIN or not."""
    empty = {name: None if name == "max_gtd" else "" for name in unknown}
    RetailUserFactory(**{**ASHA, "odin_user_type": user_type, **empty, "unknown_fields": [*unknown]})
    cells = {name: cell for name, cell in ROWS[slug].items() if name not in ASHA}
    (row,) = uploaded(as_maker, slug, {**ASHA, **cells})
    parts = controls({name: value for name, value in read(slug, cells).items() if value})
    address = kind_of_file(slug).page("HO/WEBRET1")
    page = Page(as_maker.get(address).content.decode())
    answer = as_maker.post(address, page.sent(press="check", **parts))
    wrong = {finding["path"] for finding in row.findings if finding["severity"] == "error"}
    assert (answer.status_code == 200) == bool(wrong), said(row)
    assert all(f'id="id_{path}-finding-0"' in answer.content.decode() for path in wrong)
