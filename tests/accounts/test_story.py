"""The story of one retail user on one time line."""

import re
from html import unescape

import pytest
from django.urls import reverse

from backoffice.changes import operations
from backoffice.delivery.sending import drain
from tests.factories import AttemptFactory, DeliveryFactory, RetailUserFactory, retail_user_values

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/users/HO/RET001/"


def test_the_story_of_one_retail_user_tells_everything_to_compliance(
    client, odin, approved, maker, checker, compliance
):
    delivery = approved(**retail_user_values())
    operations.comment(delivery.change_id, by=checker, text="Seen the form")
    drain(5)
    client.force_login(compliance)
    client.post(reverse("desk:reveal"), {"lane": "HO/RET001", "reason": "Complaint 12"})
    listed = client.get(reverse("compliance:list"), {"q": "ho/ret001"}).content.decode()
    story = re.search(r'href="([^"]+)">The story of HO/RET001', listed)[1]
    told = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(story).content.decode())))
    for words in (
        "Personal data of HO/RET001 shown",
        "Complaint 12",
        "attempt 1, applied by system",
        "Values before and after",
        "Seen the form",
        f"approved (C-{delivery.change_id}) by Checker Test",
        f"submitted (C-{delivery.change_id}) by Maker Test",
        "New client",
        "The message in words",
        f"ODIN's answer {delivery.attempts.get().code}",
    ):
        assert words in told, words


def test_the_story_is_paged_and_each_event_stands_on_one_page(client, reader):
    RetailUserFactory(group_id="HO", user_id="RET001")
    for _ in range(15):
        delivery = DeliveryFactory.settled("applied", lane="HO/RET001")
        AttemptFactory(delivery=delivery)
        AttemptFactory(delivery=delivery, number=2)
    DeliveryFactory(lane="HO/RET001")
    url, seen = f"{PAGE}?tab=history", []
    for _ in range(10):
        html = client.get(url).content.decode()
        seen += re.findall(r"(queued \(D-\d+\)|attempt \d, \w+|submitted \(C-\d+\))", html)
        later = re.search(r'href="([^"]+)" rel="next"', html)
        if not later:
            break
        url = PAGE + unescape(later[1])
    assert len([words for words in seen if words.startswith("queued")]) == 16
    assert len([words for words in seen if words.startswith("submitted")]) == 16
    assert len([words for words in seen if words.startswith("attempt")]) == 30
    assert client.get(f"{PAGE}?tab=history&before=yesterday").status_code == 200
