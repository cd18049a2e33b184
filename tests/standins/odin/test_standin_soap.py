"""The SOAP face: zeep built from each description, hostile XML, HTTP manners."""

import http.client
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import zeep

from backoffice.protocol.message import REQUESTS
from standins.odin import StandIn
from standins.odin.wsdl import SHAPES
from tests.odin.shapes import USABLE

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
CALL = '<GetPeriodicityList xmlns="http://tempuri.org/"><UserData>x</UserData></GetPeriodicityList>'


@pytest.mark.parametrize("query", ["wsdl", "singleWsdl"])
@pytest.mark.parametrize("shape", USABLE)
def test_zeep_calls_every_operation_by_position(shape, query):
    with StandIn(password="Dealer@123", key="ftUC@123", wsdl_shape=shape) as standin:
        client = zeep.Client(f"{standin.url}?{query}")
        client.transport.session.trust_env = False
        assert client.service._binding_options["address"] == standin.endpoint
        wanted = {message.operation for message in REQUESTS.values()}
        assert set(client.service._binding._operations) == wanted
        for operation in wanted:
            answer = getattr(client.service, operation)("63=FT1.0|64=318|67=A|4=B|999=000")
            assert "|64=302|18=0|" in answer or operation == "GetPeriodicityList"
        entries = standin.store.newest(100)
        assert len(entries) == len(wanted)
        assert all(entry.text.startswith("63=FT1.0|64=318") for entry in entries), (
            "the text arrived under its name"
        )


def test_shapes_differ_in_the_parameters_name():
    assert len({shape.parameter("CreateRetailUser") for shape in SHAPES.values()}) == len(SHAPES)


def test_a_split_description_imports_its_parts_from_where_it_was_asked(standin):
    address = standin.url.replace("127.0.0.1", "localhost")
    first = requests.get(f"{address}?wsdl", timeout=5).text
    assert f'location="{address}?wsdl=wsdl0"' in first
    assert f'location="{address}/soap"' in first
    assert f"{address}?xsd=xsd0" in requests.get(f"{address}?wsdl=wsdl0", timeout=5).text
    assert requests.get(f"{address}?xsd=xsd9", timeout=5).status_code == 404


def test_a_hostile_host_header_is_not_repeated(standin):
    answer = requests.get(f"{standin.url}?wsdl", headers={"Host": '"><evil/>'}, timeout=5)
    assert "evil" not in answer.text


def test_a_parameter_under_another_name_is_not_received(desk):
    body = desk.post("GetPeriodicityList", "x").request.body.replace(b"UserData", b"Other")
    answer = desk.http.post(desk.standin.endpoint, data=body, headers={"Content-Type": "text/xml"}, timeout=5)
    assert "|18=0|" in answer.text
    assert desk.last().text == ""


def envelope(inner: str, head: str = "", namespace: str = ENVELOPE) -> str:
    return f'{head}<s:Envelope xmlns:s="{namespace}"><s:Body>{inner}</s:Body></s:Envelope>'


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
BAD = {
    "not XML": "hello",
    "empty": "",
    "truncated": envelope(CALL)[:-20],
    "DTD": envelope(CALL, "<!DOCTYPE a>"),
    "entity": envelope(CALL.replace(">x<", ">&b;<"), LAUGHS),
    "external entity": envelope(
        CALL.replace(">x<", ">&e;<"), '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    ),
    "SOAP 1.2": envelope(CALL, namespace="http://www.w3.org/2003/05/soap-envelope"),
    "no call": envelope(""),
    "two calls": envelope(CALL * 2),
    "another namespace": envelope(CALL.replace("tempuri", "example")),
    "unknown operation": envelope(CALL.replace("GetPeriodicityList", "Nonsense")),
    "markup inside": envelope(CALL.replace(">x<", "><b/><")),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_is_no_call_gets_a_soap_fault(standin, body):
    answer = requests.post(standin.endpoint, data=body, headers={"Content-Type": "text/xml"}, timeout=5)
    assert answer.status_code == 500
    assert "<s:Fault>" in answer.text
    assert "root:" not in answer.text
    assert standin.store.count("ledger") == 0


def test_the_wrong_soap_action_is_refused(standin):
    headers = {
        "Content-Type": "text/xml",
        "SOAPAction": '"http://tempuri.org/IUserCreation/CreateRetailUser"',
    }
    assert requests.post(standin.endpoint, data=envelope(CALL), headers=headers, timeout=5).status_code == 500


def test_a_request_that_is_too_large_is_not_read(standin):
    lines = (
        "POST /UserCreation.svc/soap HTTP/1.1",
        "Host: x",
        "Content-Type: text/xml",
        f"Content-Length: {10**9}",
    )
    request = "\r\n".join(lines) + "\r\n\r\n"
    with socket.create_connection((standin.host, standin.port), timeout=5) as client:
        client.sendall(request.encode())
        assert b" 413 " in client.recv(200)


def test_a_connection_is_kept_alive_over_messages(desk):
    body = desk.post("GetPeriodicityList", desk.write(318)).request.body
    client = http.client.HTTPConnection(desk.standin.host, desk.standin.port, timeout=5)
    sockets = set()
    for _ in range(3):
        client.request("POST", "/UserCreation.svc/soap", body, {"Content-Type": "text/xml"})
        sockets.add(client.sock.getsockname())
        assert b"|18=1|" in client.getresponse().read()
    client.close()
    assert len(sockets) == 1


def test_of_many_at_once_with_one_reference_exactly_one_is_applied(new_desk):
    first = new_desk()
    first.logon()
    first.create()
    desks = [new_desk() for _ in range(8)]
    for desk in desks:
        desk.session_id = first.session_id
    limit = {201: "WEBRET1", 202: "HO", 246: "", 251: "10", 252: "T1", 253: "1"}
    with ThreadPoolExecutor(len(desks)) as pool:
        codes = [answer[18] for answer in pool.map(lambda desk: desk.send(303, limit), desks)]
    assert sorted(codes) == ["0"] * 7 + ["1"]
    assert first.user()["limits"]["cash"] == "10.00"


def test_a_port_in_use_is_said_at_once(standin):
    with pytest.raises(OSError, match="in use"):
        StandIn(password="x", key="y", port=standin.port)
