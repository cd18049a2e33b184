"""No page asks a browser for anything that the content security policy forbids."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "maker": ("/", "/users/", "/users/new/", "/changes/", "/batches/", "/deliveries/", "/limits/"),
    "compliance": ("/audit/", "/audit/numbers/", "/audit/verification/"),
    "admin": ("/people/", "/people/2/", "/staff/second-factor/", "/staff/sessions/", "/odin/session/"),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_console_stays_silent(log_in, name):
    page = log_in(name)
    said = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    for path in PAGES[name]:
        assert page.goto(path).status == 200
        page.wait_for_load_state()
    assert said == []
