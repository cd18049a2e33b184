"""Master lists: what is kept is what ODIN would take, each step is recorded, and forms offer it."""

import pytest

from backoffice.audit.models import Entry
from backoffice.changes import operations as changes
from backoffice.kit.forms import CHOSEN_UP_TO
from backoffice.kit.formsets import MessageForm
from backoffice.kit.names import offered
from backoffice.masters import operations
from backoffice.masters.models import List, Name
from backoffice.masters.names import Unlisted
from backoffice.masters.operations import MastersError, keep, upload
from backoffice.protocol.codes import TemplateType
from backoffice.protocol.examples import example
from backoffice.protocol.findings import Severity
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.messages.dealers import MapDealers
from backoffice.protocol.messages.templates import UpdateUserTemplate
from backoffice.protocol.messages.users import CreateRetailUser

pytestmark = pytest.mark.django_db


def test_a_name_is_kept_recorded_and_offered(admin):
    keep("banks", "HDFC", "HDFC Bank", by=admin)
    assert offered("banks") == [("HDFC", "HDFC – HDFC Bank")]
    entry = Entry.objects.get(action="masters.kept")
    assert (entry.by, entry.subject, entry.after["code"]) == (admin, "banks", "HDFC")


def test_a_retired_name_is_no_longer_offered(admin):
    keep("banks", "HDFC", "HDFC Bank", by=admin)
    keep("banks", "HDFC", "HDFC Bank", active=False, by=admin)
    assert offered("banks") == []
    assert Name.objects.get().active is False
    assert Entry.objects.filter(action="masters.retired").exists()


@pytest.mark.parametrize(
    ("list_name", "code", "within"),
    [("banks", "HD|FC", ""), ("banks", "आ", ""), ("templates", "T" * 90, "1")],
)
def test_what_odin_takes_no_more_can_still_be_retired(client, admin, list_name, code, within):
    name = Name.objects.create(list=list_name, code=code, within=within, label="From before")
    client.force_login(admin)
    assert client.post(name.get_absolute_url(), {"label": "From before"}).status_code == 302
    assert Name.objects.get().active is False
    assert Entry.objects.get(action="masters.retired").before == {"label": "From before", "active": True}
    with pytest.raises(MastersError, match="label"):
        keep(list_name, code, "x" * 101, within=within, by=admin)


def test_only_those_who_may_keep_names(maker):
    with pytest.raises(MastersError, match="An admin keeps them"):
        keep("banks", "HDFC", "HDFC Bank", by=maker)
    assert not Name.objects.exists()


@pytest.mark.parametrize(
    ("list_name", "code", "words"),
    [
        ("banks", "HD|FC", r"\|"),
        ("banks", "", "missing"),
        ("dps", "IN3009401", "8"),
        ("nonsense", "A", "no such list"),
    ],
)
def test_what_odin_would_not_take_is_not_kept(admin, list_name, code, words):
    with pytest.raises(MastersError, match=words):
        keep(list_name, code, "x", by=admin)


def test_every_list_belongs_to_a_declared_field():
    for list_name in List.values:
        assert operations._declared(list_name).names == list_name


def test_a_file_is_taken_whole_and_recorded_once(admin):
    keep("banks", "AXIS", "Axis", by=admin)
    assert upload("banks", "\ufeffCode,Label\r\nHDFC,HDFC Bank\r\nAXIS,Axis\r\n".encode(), by=admin) == 1
    assert {code for code, _ in offered("banks")} == {"AXIS", "HDFC"}
    assert Entry.objects.get(action="masters.uploaded").after == {"HDFC": "HDFC Bank"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"code,label\nHDFC,a\nHDFC,b\n", "already in row 2"),
        (b"code,label\nHDFC,HDFC Bank, Ltd\n", "more cells"),
        (b"code,label\nHD$FC,a\nOK,b\n", "Row 2"),
        (b"bank,name\nHDFC,a\n", "must name the columns"),
        (b"", "must name the columns"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"code,label\nA\0B,x\n", "no text"),
        (b'code,label\n"HDFC,a\n', "no CSV"),
    ],
)
def test_a_faulty_file_is_refused_whole(admin, content, words):
    with pytest.raises(MastersError, match=words):
        upload("banks", content, by=admin)
    assert not Name.objects.exists()


def test_a_file_that_is_too_large_is_refused(admin):
    with pytest.raises(MastersError, match="larger than"):
        upload("banks", b"code,label\n" + b"x" * operations.LIMIT.most, by=admin)


def test_forms_offer_a_kept_list_and_keep_what_is_not_in_it_visible(admin):
    assert MessageForm(CreateRetailUser, {}).parts["group_id"].control.startswith("<input")
    keep("groups", "HO", "Head office", by=admin)
    shown = MessageForm(CreateRetailUser, {"group_id": "XX"}).parts["group_id"].control
    assert "HO – Head office" in shown
    assert "XX (not in the list)" in shown


def test_a_name_that_no_list_has_is_a_warning_for_maker_and_checker(admin):
    values = {**example(CreateRetailUser), "user_id": "NEW001"}
    assert not Unlisted(CreateRetailUser).findings(values)
    keep("banks", "OTHER", "Other bank", by=admin)
    found = [f for f in changes.examine("create_retail_user", values).findings if f.rule == "portal.names"]
    assert [finding.path for finding in found] == ["banks.0.bank_id", "banks.1.bank_id"]
    assert {finding.severity for finding in found} == {Severity.WARNING}


def test_a_name_in_another_case_is_offered_as_the_list_has_it(admin):
    keep("banks", "HDFC", "HDFC Bank", by=admin)
    values = {
        **example(CreateRetailUser),
        "banks": [{**example(CreateRetailUser)["banks"][0], "bank_id": "hdfc"}],
    }
    assert [(found.path, found.cleaned) for found in Unlisted(CreateRetailUser).findings(values)] == [
        ("banks.0.bank_id", "HDFC")
    ]


def test_templates_are_offered_by_the_type_that_they_are_of(admin):
    keep("templates", "ALL", "", by=admin)
    keep("templates", "CASHONLY", "", within=TemplateType.USER_PRIVILEGE, by=admin)
    keep("templates", "OTP", "", within=TemplateType.AUTHENTICATION, by=admin)
    control = MessageForm(UpdateUserTemplate, {}).parts["template_name"].control
    assert 'data-names-by="template_type"' in control
    assert '<optgroup label="User privilege">\n  <option value="CASHONLY">' in control
    assert control.index('value="ALL"') < control.index("<optgroup")


@pytest.mark.parametrize(
    ("chosen", "warned"),
    [("CASHONLY", False), ("ALL", False), ("OTP", True), ("NONE", True)],
)
def test_a_template_of_another_type_is_a_warning(admin, chosen, warned):
    keep("templates", "ALL", "", by=admin)
    keep("templates", "CASHONLY", "", within="1", by=admin)
    keep("templates", "OTP", "", within="8", by=admin)
    values = {**example(UpdateUserTemplate), "template_type": "1", "template_name": chosen}
    assert bool(Unlisted(UpdateUserTemplate).findings(values)) is warned


def test_a_dealer_of_another_group_is_a_warning(admin):
    keep("dealers", "DEAL1", "", within="HO", by=admin)
    keep("dealers", "DEAL1", "", within="MUM", by=admin)
    keep("dealers", "DEAL2", "", within="MUM", by=admin)
    rows = [
        {"action": "A", "dealer_group": group, "dealer_id": dealer}
        for group, dealer in (("HO", "DEAL1"), ("HO", "DEAL2"), ("MUM", "DEAL2"), ("NEW", "ANY"))
    ]
    assert [finding.path for finding in Unlisted(MapDealers).findings({"mappings": rows})] == [
        "mappings.1.dealer_id"
    ]


@pytest.mark.parametrize(
    ("list_name", "code", "within", "words"),
    [
        ("templates", "ABCDEFGHIJK", "11", "at most 10"),
        ("templates", "A", "7", "Template type"),
        ("dealers", "A", "ELEVENCHARS", "Dealer group"),
        ("banks", "A", "HO", "Only user templates"),
    ],
)
def test_what_a_name_belongs_to_must_fit(admin, list_name, code, within, words):
    with pytest.raises(MastersError, match=words):
        keep(list_name, code, "", within=within, by=admin)


def test_a_file_says_what_its_names_belong_to(admin):
    keep("dealers", "D1", "", within="HO", by=admin)
    assert upload("dealers", b"code,label,within\nD1,,HO\nD1,Desk,MUM\nD2\n", by=admin) == 2
    assert set(Name.objects.values_list("code", "within")) == {("D1", "HO"), ("D1", "MUM"), ("D2", "")}
    assert Entry.objects.get(action="masters.uploaded").after == {"MUM D1": "Desk", "D2": ""}


def test_a_long_list_is_searched_as_one_types(admin):
    content = "code,label\n" + "".join(f"B{number},Bank & {number}\n" for number in range(CHOSEN_UP_TO + 1))
    upload("banks", content.encode(), by=admin)
    form = MessageForm(CreateRetailUser, {"banks": [{"bank_id": "B7"}]})
    control = form.parts["banks"].cards[0].parts["bank_id"].control
    assert control.startswith("<input")
    assert 'value="B7"' in control
    assert 'list="banks-0-bank_id-names"' in control
    assert '<option value="B7">B7 – Bank &amp; 7</option>' in control


def test_every_name_in_a_declaration_is_a_list_or_a_source_of_its_own():
    from backoffice.kit.names import _SOURCES
    from backoffice.protocol.fields import Records

    used = {
        part.names
        for message in REQUESTS.values()
        for field in message.fields.values()
        for part in (field, *(field.record.fields.values() if isinstance(field, Records) else ()))
        if part.names
    }
    assert used <= {*List.values, *_SOURCES, "periodicities"}
