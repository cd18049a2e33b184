"""The pictures of the audit pages: the strip of days of the verification, and small charts of each message."""

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.audit.seals import seal_new
from backoffice.audit.tasks import verify_asked
from backoffice.compliance import statistics
from tests.factories import DeliveryFactory, EntryFactory
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_strip_of_days_says_since_when_the_trail_is_unbroken(as_compliance):
    EntryFactory()
    seal_new()
    page = flowed(as_compliance.get(reverse("compliance:verification")).content.decode())
    assert "Not verified" in page
    assert ": sealed, " in page
    as_compliance.post(reverse("compliance:verify"))
    verify_asked()
    page = flowed(as_compliance.get(reverse("compliance:verification")).content.decode())
    assert f"Unbroken since {timezone.localdate():%d-%m-%Y}" in page
    assert ": verified, " in page


def test_response_codes_are_drawn_for_each_message_the_most_frequent_first(as_compliance):
    for lane, message_type in (("HO/A", 301), ("HO/B", 314), ("HO/C", 314)):
        DeliveryFactory.settled("refused", lane=lane, message_type=message_type)
    small = statistics.by_message(7)
    assert [(one.title.split()[-1], one.total) for one in small] == [("(314)", 2), ("(301)", 1)]
    page = as_compliance.get(reverse("compliance:numbers")).content.decode()
    assert page.index(small[0].title) < page.index(small[1].title)
