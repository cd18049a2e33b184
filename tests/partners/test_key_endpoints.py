"""Where a key may be sent: hosts of the registry, exactly, over https (C39)."""

import pytest

from partners import keys


@pytest.mark.parametrize(
    ("endpoint", "fault"),
    [
        ("https://keys.example/interactive", ""),
        ("https://KEYS.example:443/interactive", ""),
        ("https://keys.example:8443/interactive", "host"),
        ("https://other.example:8443/interactive", ""),
        ("https://other.example/interactive", "host"),
        ("https://keys.example.evil.example/", "host"),
        ("https://evil.example/keys.example", "host"),
        ("https://keys.example@evil.example/", "plain"),
        ("https://user@keys.example/", "plain"),
        ("https://keys.example/?a=1", "plain"),
        ("http://keys.example/interactive", "https"),
        ("https://keys.example:99999/", "not an address"),
        ("file:///etc/passwd", "https"),
    ],
)
def test_an_endpoint_is_one_of_the_registry_exactly(endpoint, fault):
    words = keys.endpoint_fault(endpoint, ["keys.example", "other.example:8443"])
    assert (fault in words) if fault else words == ""


def test_plain_http_is_for_this_machine_in_the_demonstration_alone(settings):
    assert keys.endpoint_fault("http://127.0.0.1:8802/interactive", ["127.0.0.1:8802"]) == ""
    settings.PORTAL_ENVIRONMENT = "UAT"
    assert "https" in keys.endpoint_fault("http://127.0.0.1:8802/interactive", ["127.0.0.1:8802"])
