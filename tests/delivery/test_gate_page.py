"""The buttons that pause and resume all sending, for those who may."""

import pytest
from django.urls import reverse

from backoffice.audit.models import Entry
from backoffice.delivery.models import Gate

pytestmark = pytest.mark.django_db

PAUSE, RESUME = reverse("delivery:pause"), reverse("delivery:resume")


def test_an_admin_pauses_and_resumes_with_a_reason_that_everybody_reads(client, admin, maker):
    client.force_login(admin)
    assert "Pause all sending" in client.get(reverse("delivery:list")).content.decode()
    client.post(PAUSE, {"reason": " "})
    assert not Gate.objects.filter(paused_at__isnull=False).exists()
    client.post(PAUSE, {"reason": "ODIN is being upgraded"})
    assert Entry.objects.get(action="delivery.paused").by == admin
    client.force_login(maker)
    page = client.get("/").content.decode()
    assert "ODIN is being upgraded" in page
    client.force_login(admin)
    assert "Resume sending" in client.get(reverse("delivery:list")).content.decode()
    client.post(RESUME, {"reason": "The upgrade is over"})
    assert Gate.objects.get().paused_at is None


def test_nobody_else_does(client, checker):
    client.force_login(checker)
    assert "Pause all sending" not in client.get(reverse("delivery:list")).content.decode()
    assert client.post(PAUSE, {"reason": "x"}).status_code == 403
