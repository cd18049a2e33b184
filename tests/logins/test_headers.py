"""Headers that tell browsers what pages may do."""

import pytest

pytestmark = pytest.mark.django_db


def test_pages_tell_browsers_to_be_strict(client):
    answer = client.get("/staff/login/")
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_no_copy_is_kept_of_what_staff_see(client, compliance):
    client.force_login(compliance)
    for page in ("/", "/users/", "/audit/", "/audit/verification/", "/nowhere/"):
        assert client.get(page)["Cache-Control"] == "private, no-store", page
        assert client.get(page)["Cross-Origin-Resource-Policy"] == "same-origin"


def test_cookies_are_out_of_reach_of_scripts(client):
    client.get("/staff/login/")
    assert client.cookies
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in client.cookies.values())
