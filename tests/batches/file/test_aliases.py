"""Other names for columns, kept by an administrator."""

import pytest
from django.urls import reverse

from backoffice.audit.models import Entry
from backoffice.batches.errors import BatchError, NotAllowed
from backoffice.batches.file import aliases
from backoffice.batches.file.matching import match
from backoffice.batches.models import Alias
from backoffice.changes.kinds import file_kind
from tests.html_forms import Page

pytestmark = pytest.mark.django_db


def test_a_kept_name_is_understood_and_leaves_an_audit_entry(admin):
    aliases.keep("Kunden-Nr", "user_id", by=admin)
    assert match(file_kind("cash_deposit").layout, ["KUNDEN NR"]) == ["user_id"]
    assert Entry.objects.get(action="alias.kept").after == {"Kunden-Nr": "user_id"}


def test_the_same_header_written_otherwise_takes_its_place(admin):
    aliases.keep("Kunden Nr", "user_id", by=admin)
    aliases.keep("KUNDENNR", "name", by=admin)
    assert [a.column for a in Alias.objects.filter(alias__istartswith="kunden")] == ["name"]


@pytest.mark.parametrize(
    ("alias", "column", "words"),
    [("--", "name", "letter or a digit"), ("x", "nowhere", "no such column"), ("City", "name", "itself")],
)
def test_what_cannot_be_a_name(admin, alias, column, words):
    with pytest.raises(BatchError, match=words):
        aliases.keep(alias, column, by=admin)


def test_only_administrators_change_names(maker, client):
    with pytest.raises(NotAllowed):
        aliases.keep("x", "name", by=maker)
    client.force_login(maker)
    assert client.get(reverse("batches:aliases")).status_code == 403
    assert client.post(reverse("batches:forget_alias", args=[1])).status_code == 403


def test_a_header_for_which_nobody_chose_a_column_is_not_kept(client, admin):
    client.force_login(admin)
    url = reverse("batches:aliases")
    sent = Page(client.get(url).content.decode()).sent(alias="Kunde")
    assert "This field is required" in client.post(url, sent).content.decode()
    assert not Alias.objects.filter(alias="Kunde").exists()


def test_the_page_keeps_and_takes_away(client, admin):
    client.force_login(admin)
    url = reverse("batches:aliases")
    assert client.post(url, {"alias": "Kunde", "column": "name"}).status_code == 302
    assert "Kunde" in client.get(url).content.decode()
    assert (
        "is the name of the column" in client.post(url, {"alias": "pan", "column": "name"}).content.decode()
    )
    kept = Alias.objects.get(alias="Kunde")
    client.post(reverse("batches:forget_alias", args=[kept.pk]))
    assert not Alias.objects.filter(alias="Kunde").exists()
    assert Entry.objects.filter(action="alias.forgotten").exists()
