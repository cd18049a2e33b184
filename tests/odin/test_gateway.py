"""The gateway over real sockets: what is an answer, and whether a message without one may have arrived."""

import time

import pytest

from backoffice.odin.gateway import Gateway, MaybeSent, NotSent
from standins.odin import StandIn
from tests.odin.conftest import KEY, PASSWORD, config_for, message, raw_server
from tests.odin.shapes import USABLE

#: Faults of the stand-in after which a message may have been applied, whatever the service really did.
NO_ANSWER = (
    "drop_before",
    "drop_after",
    "reset_after",
    "http_500_before",
    "http_500_after",
    "http_503",
    "soap_fault",
    "soap_fault_200",
    "soap_12",
    "empty_200",
    "empty_202",
    "nil",
    "empty_text",
    "html_200",
    "truncated",
    "truncated_no_length",
    "redirect_302",
    "redirect_307",
    "dtd",
    "billion_laughs",
    "huge",
)


@pytest.mark.parametrize("shape", USABLE)
@pytest.mark.parametrize("query", ["wsdl", "singleWsdl"])
def test_t1_any_shape_of_wsdl_is_called_by_position(shape, query):
    with StandIn(password=PASSWORD, key=KEY, wsdl_shape=shape) as standin:
        gateway = Gateway(config_for(standin.endpoint, f"{standin.url}?{query}"))
        assert not gateway.missing()
        assert gateway.call(318, message()).startswith("63=FT1.0|64=")


def test_t1_imports_of_another_host_are_named_with_the_address_that_needs_none():
    with StandIn(password=PASSWORD, key=KEY, wsdl_shape="other_host") as standin:
        gateway = Gateway(config_for(standin.endpoint, f"{standin.url}?wsdl"))
        with pytest.raises(NotSent, match=r"odin-inside\.example.*not on its own host.*\?singleWsdl"):
            gateway.operations()
        gateway = Gateway(config_for(standin.endpoint, f"{standin.url}?singleWsdl"))
        assert gateway.call(318, message()).startswith("63=FT1.0|64=")


#: A page with unclosed tags, one that is well-formed XML, and one with white space and a comment before it.
WEB_PAGES = (
    b"<!DOCTYPE html><html><head><meta charset=utf-8><title>UserCreation Service</title><br></head></html>",
    b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body/></html>',
    b"\r\n<!-- proxy -->\r\n<HTML><BODY>Log in first</BODY></HTML>",
)


@pytest.mark.parametrize("page", WEB_PAGES)
def test_t1_a_web_page_instead_of_a_wsdl_is_called_one(standin, page):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n".encode()
    with raw_server(lambda connection: connection.sendall(head + page)) as (port, _):
        gateway = Gateway(config_for(standin.endpoint, f"http://127.0.0.1:{port}/UserCreation.svc"))
        with pytest.raises(NotSent, match=r"web page, not a WSDL.*\?singleWsdl"):
            gateway.operations()


def test_t4_the_wsdl_is_read_once(standin, gateway):
    for _ in range(3):
        gateway.call(318, message())
    first = gateway._service
    gateway.call(318, message())
    assert gateway._service is first


def test_the_configured_address_wins_over_the_wsdl_s(standin):
    with StandIn(password=PASSWORD, key=KEY) as other:
        gateway = Gateway(config_for(other.endpoint, f"{standin.url}?singleWsdl"))
        gateway.call(318, message())
        assert other.store.ledger()
        assert not standin.store.ledger()


def test_t2_a_missing_operation_is_named_with_the_setting(standin):
    gateway = Gateway(config_for(standin.endpoint, f"{standin.url}?singleWsdl", operations={318: "ListThem"}))
    assert gateway.missing() == {318: "ListThem"}
    with pytest.raises(NotSent, match=r"ListThem.*ODIN_OPERATIONS"):
        gateway.call(318, message())


@pytest.mark.parametrize("fault", NO_ANSWER)
def test_t3_what_is_no_answer_may_have_been_applied(standin, gateway, fault):
    standin.faults.add(fault, match={"type": 318})
    with pytest.raises(MaybeSent) as raised:
        gateway.call(318, message("SECRETSESSION"))
    assert "SECRETSESSION" not in f"{raised.value!r} {raised.value}"


@pytest.mark.parametrize("fault", ["redirect_302", "redirect_307"])
def test_a_redirect_is_not_followed_and_the_message_not_sent_again(standin, gateway, fault):
    standin.faults.add(fault, match={"type": 318})
    with pytest.raises(MaybeSent):
        gateway.call(318, message())
    assert len(standin.store.ledger()) <= 1


def test_a_slow_answer_is_given_up_at_the_read_deadline(standin, gateway):
    standin.faults.add("latency", match={"type": 318}, seconds=3)
    with pytest.raises(MaybeSent) as raised:
        gateway.call(318, message())
    assert raised.value.kind == "timeout"


def test_a_dripping_answer_is_cut_at_the_total_deadline(standin):
    wsdl = f"{standin.url}?singleWsdl"

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"<")
            time.sleep(0.1)

    with raw_server(drip) as (port, _):
        gateway = Gateway(config_for(f"http://127.0.0.1:{port}/soap", wsdl))
        started = time.monotonic()
        with pytest.raises(MaybeSent) as raised:
            gateway.call(318, message())
    assert raised.value.kind == "deadline"
    assert time.monotonic() - started < 8, "the answer would have dripped for ten seconds"


def test_headers_that_drip_are_cut_too(standin):
    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            connection.sendall(b"X-More: 1\r\n")
            time.sleep(0.1)

    with raw_server(drip) as (port, _):
        gateway = Gateway(config_for(f"http://127.0.0.1:{port}/soap", f"{standin.url}?singleWsdl"))
        with pytest.raises(MaybeSent):
            gateway.call(318, message())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/soap", "http://no-such-host.invalid/soap"], ids=["refused", "unknown host"]
)
def test_a2_no_connection_means_that_nothing_was_sent(standin, url):
    gateway = Gateway(config_for(url, f"{standin.url}?singleWsdl"))
    with pytest.raises(NotSent) as raised:
        gateway.call(318, message())
    assert not raised.value.may_have_been_applied


def test_a_wsdl_that_cannot_be_read_means_that_nothing_was_sent():
    gateway = Gateway(config_for("http://127.0.0.1:9/soap", "http://127.0.0.1:9/?singleWsdl"))
    with pytest.raises(NotSent, match="WSDL"):
        gateway.call(318, message())


def test_a_wsdl_that_is_no_wsdl_is_said_in_words(standin):
    gateway = Gateway(config_for(standin.endpoint, standin.home))
    with pytest.raises(NotSent, match="WSDL"):
        gateway.call(318, message())


def test_a_text_that_xml_cannot_hold_is_never_sent(standin, gateway):
    with pytest.raises(NotSent):
        gateway.call(318, "63=FT1.0\x00")
    assert not standin.store.ledger()


def test_a_connection_reset_after_sending_may_have_been_applied(standin):
    with raw_server(lambda connection: None) as (port, got):
        gateway = Gateway(config_for(f"http://127.0.0.1:{port}/soap", f"{standin.url}?singleWsdl"))
        with pytest.raises(MaybeSent):
            gateway.call(318, message())
        assert len(got) == 1, "an HTTP client that repeats on its own would have sent it twice"


def test_after_a_failure_the_next_call_works(standin, gateway):
    standin.faults.add("drop_after", match={"type": 318})
    with pytest.raises(MaybeSent):
        gateway.call(318, message())
    assert gateway.call(318, message())


def test_a_connection_that_rested_too_long_is_not_used_again(standin, gateway, monkeypatch):
    gateway.call(318, message())
    monkeypatch.setattr("backoffice.odin.watchdog.IDLE_SECONDS", 0.0)
    standin.faults.add("stale_keep_alive", match={"type": 318})
    gateway.call(318, message())
    assert gateway.call(318, message())


def test_a_wsdl_that_refers_to_another_host_or_a_file_is_refused(standin):
    for elsewhere in ("http://localhost:9/other.xsd", "file:///etc/hostname", "/etc/hostname"):
        wsdl = (
            '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="http://tempuri.org/">'
            f'<import namespace="urn:x" location="{elsewhere}"/></definitions>'
        ).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(wsdl)}\r\n\r\n".encode()
        with raw_server(lambda connection, whole=head + wsdl: connection.sendall(whole)) as (port, _):
            gateway = Gateway(config_for(standin.endpoint, f"http://127.0.0.1:{port}/?wsdl"))
            with pytest.raises(NotSent, match="WSDL"):
                gateway.operations()
