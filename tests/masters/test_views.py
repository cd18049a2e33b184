"""The pages of the master lists, for those who keep them."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from backoffice.masters.models import List, Name
from backoffice.masters.operations import keep

pytestmark = pytest.mark.django_db


def test_an_admin_adds_changes_and_retires_a_name(as_admin):
    answer = as_admin.post(
        reverse("masters:add"), {"list": "banks", "code": "HDFC", "label": "HDFC", "active": "on"}
    )
    assert answer.status_code == 302
    name = Name.objects.get()
    page = as_admin.get(name.get_absolute_url()).content.decode()
    assert "Banks: HDFC" in page
    as_admin.post(name.get_absolute_url(), {"label": "HDFC Bank"})
    name.refresh_from_db()
    assert (name.label, name.active, name.code) == ("HDFC Bank", False, "HDFC")
    assert "HDFC Bank" in as_admin.get(reverse("masters:list")).content.decode()


def test_what_cannot_be_kept_is_said_and_what_was_typed_stays(as_admin):
    page = as_admin.post(
        reverse("masters:add"), {"list": "banks", "code": "HD|FC", "label": "x"}
    ).content.decode()
    assert "Nothing was saved" in page
    assert 'value="HD|FC"' in page


def test_a_template_is_listed_with_the_name_of_its_type(as_admin, admin):
    keep("templates", "OTP", "", within="8", by=admin)
    page = as_admin.get(reverse("masters:list")).content.decode()
    assert re.search(r"<td[^>]*>\s*Authentication\s*</td>", page)


def test_a_list_is_uploaded(as_admin):
    file = SimpleUploadedFile("banks.csv", b"code,label\nHDFC,HDFC Bank\n")
    assert as_admin.post(reverse("masters:upload"), {"list": "banks", "file": file}).status_code == 302
    assert Name.objects.get().label == "HDFC Bank"


def test_nobody_else_reaches_the_pages(client, maker, admin):
    name = keep("banks", "HDFC", "", by=admin)
    client.force_login(maker)
    for url in (
        reverse("masters:list"),
        reverse("masters:add"),
        reverse("masters:upload"),
        name.get_absolute_url(),
    ):
        assert client.get(url).status_code == 403
        assert client.post(url).status_code in (403, 405)


def test_the_demonstration_fills_every_list_once():
    call_command("demo_masters")
    count = Name.objects.count()
    assert set(Name.objects.values_list("list", flat=True)) == set(List.values)
    Name.objects.filter(code="HDFC").update(label="Mine")
    call_command("demo_masters")
    assert Name.objects.count() == count
    assert Name.objects.get(code="HDFC").label == "Mine"
