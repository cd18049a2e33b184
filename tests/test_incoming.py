"""What is no address, no form and no cookie that could be read: refused in words, and never an error of the server."""

import io
import uuid

import pytest

from backoffice.delivery.handlers import apply
from backoffice.incoming import Application
from tests.factories import retail_user_values

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


def multipart(*heads, body=b"x", end=b"--B--\r\n"):
    return b"".join(b"--B\r\n" + head + b"\r\n\r\n" + body + b"\r\n" for head in heads) + end


PLAIN = b'Content-Disposition: form-data; name="q"'
ODD = [
    b"",
    b"--B",
    b"--B--",
    b"\x00" * 100,
    multipart(b"Content-Disposition: form-data; name*=bogus''q"),
    multipart(b"Content-Disposition: form-data; name*=utf-16''q%00"),
    multipart(b"Content-Disposition: form-data; name*=utf-8''%ED%A0%80"),
    multipart(b"Content-Disposition: form-data; name=\"q\"; filename*=bogus''x"),
    multipart(b'Content-Disposition: form-data; name="q"; filename="\x00.csv"'),
    multipart(b'Content-Disposition: form-data; name="q"; filename="&#xD800;.csv"'),
    multipart(b"Content-Disposition: form-data; name"),
    multipart(b"Content-Disposition: form-data"),
    multipart(b"Content-Disposition"),
    multipart(PLAIN + b"\r\nContent-Transfer-Encoding: base64", body=b"\xff!"),
    multipart(PLAIN + b"\r\nContent-Transfer-Encoding: \x00"),
    multipart(PLAIN + b"\r\nContent-Type: text/plain; charset=rot13"),
    multipart(PLAIN + b"\r\nContent-Type: text/plain; charset*=bogus''x"),
    multipart(PLAIN + b"\r\nContent-Length: " + b"9" * 5000),
    multipart(PLAIN, body=b"\xed\xa0\x80\x00\xff"),
    multipart(PLAIN, end=b""),
    multipart(*[PLAIN] * 6000),
]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("address", ["/search/", "/staff/login/"])
def test_a_form_in_odd_parts_is_read_or_refused(client, maker, address, body):
    if address == "/search/":
        client.force_login(maker)
    answer = client.post(address, body, content_type="multipart/form-data; boundary=B")
    assert answer.status_code < 500


@pytest.mark.parametrize(
    "charset", ["utf-16", "utf-7", "rot13", "base64", "idna", "bogus", "\x00", "u8\u0663", "x" * 5000]
)
@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=B", "text/plain"])
def test_only_utf_8_is_read(kind, charset):
    for method in ("post", "get"):
        answer = served(method, kind, charset)
        assert answer.startswith("400")


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_utf_8_by_any_of_its_names_is(charset):
    assert served("GET", FORM, charset).startswith("302")


def served(method, kind, charset):
    """The status of a request as gunicorn hands it over: a header is text of Latin-1."""
    return ask(
        REQUEST_METHOD=method.upper(),
        CONTENT_TYPE=f"{kind}; charset={charset}".encode().decode("latin-1"),
    )


def ask(**environment):
    found = []
    environment = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/search/",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(b"q=a"),
        "wsgi.url_scheme": "http",
        "CONTENT_LENGTH": "3",
        **environment,
    }
    list(Application()(environment, lambda status, headers: found.append(status)))
    return found[0]


@pytest.mark.parametrize(
    "kind", ["text/plain; charset*=bogus''x", "multipart/form-data; boundary*=bogus''B", ";;;=", "\x00;\x00"]
)
def test_a_content_type_that_is_none_is_refused_or_read_as_no_form(kind):
    assert ask(CONTENT_TYPE=kind, REQUEST_METHOD="POST")[:3] in ("400", "403")


@pytest.mark.parametrize(
    "path", ["/users/%00/X/", "/users/HO/a%00b/", "/people/%00/", "/%00", "/nowhere/%00"]
)
def test_an_address_with_a_nul_is_refused_in_words(client, maker, path):
    client.force_login(maker)
    answer = client.get(path)
    assert answer.status_code == 400
    assert "The portal cannot read this" in answer.content.decode()
    assert "default-src" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("value", ['"\\000"', '"ab\\000cdefghijklmnop"', '"\\033[2J"', "\x7f" * 40])
@pytest.mark.parametrize("name", ["portal_session", "portal_csrf", "messages"])
def test_a_cookie_that_no_database_takes_is_as_good_as_none(client, name, value):
    answer = client.get("/", headers={"cookie": f"{name}={value}"})
    assert (answer.status_code, answer.url) == (302, "/staff/login/?next=/")


@pytest.mark.parametrize("next_page", ["1", "x", "desk:today", "//evil.example", "https://evil.example", ""])
def test_a_reveal_leads_back_to_an_address_of_the_portal_alone(client, compliance, next_page):
    client.force_login(compliance)
    assert client.post("/reveal/", {"next": next_page, "lane": "a\x00", "reason": "b"}).url == "/"


@pytest.mark.parametrize("next_page", ["1", "limits:list", "//evil.example", "https://evil.example", ""])
def test_a_reading_leads_back_to_an_address_of_the_portal_alone(client, maker, next_page):
    apply(301, "HO/RET001", retail_user_values())
    client.force_login(maker)
    answer = client.post("/limits/of/HO/RET001/funds/ask/", {"next": next_page, "periodicity": "15"})
    assert answer.url == "/limits/of/HO/RET001/"


@pytest.mark.parametrize(
    "amount", ["1e6000", "1e5000000", "9" * 6000, "-1e5000000", "NaN", "Infinity", "1e-9999999", "\u0967"]
)
def test_a_draft_with_an_amount_that_is_none_stays_open(client, maker, amount):
    apply(301, "HO/RET001", retail_user_values())
    client.force_login(maker)
    form, token = "/users/HO/RET001/change/cash_deposit/", str(uuid.uuid4())
    for press in ("save", "check", "add:banks", f"remove:banks:{'5' * 5000}", "default:banks:\u0967"):
        sent = {"token": token, "amount": amount, "notional_deposit": amount, "press": press}
        assert client.post(form, sent, follow=True).status_code == 200
    for page in (f"{form}?draft={token}", f"{form}?draft={token}&look=1", "/", "/changes/mine/"):
        assert client.get(page).status_code == 200
    assert client.get(f"{form}{token}/check/", follow=True).status_code == 200
    assert client.post(f"{form}{token}/check/", {"reason": "x"}, follow=True).status_code == 200
    assert client.get(f"{form}?draft={token}").status_code == 200


@pytest.mark.parametrize(
    "before", ["0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "x", "2026-01-01"]
)
def test_a_history_from_a_time_at_the_edge_of_the_calendar_is_the_newest(client, maker, before):
    apply(301, "HO/RET001", retail_user_values())
    client.force_login(maker)
    assert client.get(f"/users/HO/RET001/?tab=history&after=1_{before}_1").status_code == 200
