"""SOAP 1.1 as a WCF host speaks it: reading a request, writing an answer (T1).

Requests are hostile XML: no DTD, no entities, no network, a size limit kept by the server.
"""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
TEMPURI = "http://tempuri.org/"
PORT_TYPE = "IUserCreation"
SERVICE = "UserCreation"
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'


class SoapError(Exception):
    """A request that is no call of this service; `code` is the SOAP fault code (Client or Server)."""

    def __init__(self, words: str, code: str = "Client") -> None:
        super().__init__(words)
        self.words = words
        self.code = code


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the operation's name, the name of its one parameter, its text (None: nil or missing)."""

    operation: str
    parameter: str
    text: str | None


def action(operation: str) -> str:
    """The SOAPAction of an operation."""
    return f"{TEMPURI}{PORT_TYPE}/{operation}"


def read_call(body: bytes, soap_action: str = "") -> Call:
    """The call inside an envelope. Raises SoapError for whatever is none."""
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SoapError("The request is not well-formed XML.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise SoapError("A document type declaration is not accepted.")
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise SoapError("The request is not a SOAP 1.1 envelope.", "VersionMismatch")
    found = root.find(f"{{{ENVELOPE}}}Body")
    if found is None or len(found) != 1:
        raise SoapError("The envelope's body must hold exactly one call.")
    wrapper = found[0]
    name = etree.QName(wrapper)
    if name.namespace != TEMPURI:
        raise SoapError("The call is not in the service's namespace.")
    if soap_action and soap_action != action(name.localname):
        raise SoapError("The SOAPAction header does not fit the call.")
    if len(wrapper) > 1:
        raise SoapError("A call has one parameter.")
    if not len(wrapper):
        return Call(name.localname, "", None)
    child = wrapper[0]
    parameter = etree.QName(child)
    if parameter.namespace != TEMPURI or len(child):
        raise SoapError("The parameter is not a text in the service's namespace.")
    nil = child.get(f"{{{XSI}}}nil") in ("true", "1")
    return Call(name.localname, parameter.localname, None if nil else child.text or "")


def _envelope(inner: str) -> bytes:
    return f'{DECLARATION}<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def answer(operation: str, text: str) -> bytes:
    """The envelope of an answer."""
    result = f"<{operation}Result>{escape(text)}</{operation}Result>"
    return _envelope(f'<{operation}Response xmlns="{TEMPURI}">{result}</{operation}Response>')


def nil_answer(operation: str) -> bytes:
    """The envelope of an answer that is nil."""
    result = f'<{operation}Result i:nil="true" xmlns:i="{XSI}"/>'
    return _envelope(f'<{operation}Response xmlns="{TEMPURI}">{result}</{operation}Response>')


def fault(words: str, code: str = "Server") -> bytes:
    """The envelope of a SOAP fault."""
    return _envelope(
        f"<s:Fault><faultcode>s:{code}</faultcode>"
        f'<faultstring xml:lang="en-IN">{escape(words)}</faultstring></s:Fault>'
    )
