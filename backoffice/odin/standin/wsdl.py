"""The service's description, in several shapes, made from the operations' names.

Hosts describe the same service in different ways; a client must cope with all of them:

- `wcf`: split as a WCF host does it: `?wsdl` imports `?wsdl=wsdl0`, whose schema imports `?xsd=xsd0`;
- `single`: everything in one document, the schema inline;
- `prefixed`: other prefixes, the schema under a file name (`?xsd=UserCreation.xsd`), a parameter name for
  each operation;
- `named_types`: the wrappers are elements of named types in a schema included by another.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from backoffice.odin.standin.soap import DECLARATION, PORT_TYPE, SERVICE, TEMPURI, action

WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
XSD = "http://www.w3.org/2001/XMLSchema"
HTTP = "http://schemas.xmlsoap.org/soap/http"


@dataclass(frozen=True, slots=True)
class Names:
    """The prefixes that a description uses for the namespaces of WSDL, SOAP, XML Schema and the service."""

    wsdl: str = "wsdl"
    soap: str = "soap"
    xsd: str = "xs"
    own: str = "tns"

    def namespaces(self) -> str:
        """The declarations of all four."""
        pairs = ((self.wsdl, WSDL), (self.soap, SOAP), (self.xsd, XSD), (self.own, TEMPURI))
        return " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in pairs)


def _element(names: Names, name: str, child: str) -> str:
    x = names.xsd
    inner = f'<{x}:element minOccurs="0" name="{child}" nillable="true" type="{x}:string"/>'
    sequence = f"<{x}:complexType><{x}:sequence>{inner}</{x}:sequence></{x}:complexType>"
    return f'<{x}:element name="{name}">{sequence}</{x}:element>'


def _named_type(names: Names, name: str, child: str) -> str:
    x = names.xsd
    inner = f'<{x}:element minOccurs="0" maxOccurs="1" name="{child}" nillable="true" type="{x}:string"/>'
    sequence = f"<{x}:sequence>{inner}</{x}:sequence>"
    return f'<{x}:complexType name="{name}Type">{sequence}</{x}:complexType>'


def _schema(names: Names, inner: str) -> str:
    x, own = names.xsd, names.own
    return (
        f'<{x}:schema xmlns:{x}="{XSD}" xmlns:{own}="{TEMPURI}" elementFormDefault="qualified" '
        f'targetNamespace="{TEMPURI}">{inner}</{x}:schema>'
    )


def _contract(names: Names, operations: Iterable[str], part: str) -> str:
    """Messages and port type."""
    w, own = names.wsdl, names.own
    messages, ports = [], []
    for name in operations:
        ways = (("input", "InputMessage", name), ("output", "OutputMessage", f"{name}Response"))
        inner = ""
        for way, suffix, element in ways:
            message = f"{PORT_TYPE}_{name}_{suffix}"
            body = f'<{w}:part name="{part}" element="{own}:{element}"/>'
            messages.append(f'<{w}:message name="{message}">{body}</{w}:message>')
            inner += f'<{w}:{way} message="{own}:{message}"/>'
        ports.append(f'<{w}:operation name="{name}">{inner}</{w}:operation>')
    return f'{"".join(messages)}<{w}:portType name="{PORT_TYPE}">{"".join(ports)}</{w}:portType>'


def _binding(names: Names, operations: Iterable[str], address: str) -> str:
    """SOAP 1.1 binding and service."""
    w, s, own = names.wsdl, names.soap, names.own
    bound = "".join(
        f'<{w}:operation name="{name}"><{s}:operation soapAction="{action(name)}" style="document"/>'
        f'<{w}:input><{s}:body use="literal"/></{w}:input>'
        f'<{w}:output><{s}:body use="literal"/></{w}:output></{w}:operation>'
        for name in operations
    )
    binding = f"BasicHttpBinding_{PORT_TYPE}"
    return (
        f'<{w}:binding name="{binding}" type="{own}:{PORT_TYPE}">'
        f'<{s}:binding transport="{HTTP}"/>{bound}</{w}:binding>'
        f'<{w}:service name="{SERVICE}"><{w}:port name="{binding}" binding="{own}:{binding}">'
        f"<{s}:address location={quoteattr(address)}/></{w}:port></{w}:service>"
    )


def _definitions(names: Names, inner: str) -> str:
    w = names.wsdl
    attributes = f'{names.namespaces()} name="{SERVICE}" targetNamespace="{TEMPURI}"'
    return f"{DECLARATION}<{w}:definitions {attributes}>{inner}</{w}:definitions>"


Documents = dict[str, str]


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to describe the service: the parameter's name by operation, the documents by query string."""

    parameter: Callable[[str], str]
    documents: Callable[["Shape", tuple[str, ...], str], Documents]
    names: Names = Names()

    def elements(self, operations: Iterable[str]) -> str:
        """The wrapper elements of all operations, with types of their own."""
        return "".join(
            _element(self.names, name, self.parameter(name))
            + _element(self.names, f"{name}Response", f"{name}Result")
            for name in operations
        )

    def inline(self, operations: tuple[str, ...], address: str) -> str:
        """Everything in one document."""
        types = _schema(self.names, self.elements(operations))
        w = self.names.wsdl
        contract = _contract(self.names, operations, "parameters")
        binding = _binding(self.names, operations, address)
        return _definitions(self.names, f"<{w}:types>{types}</{w}:types>{contract}{binding}")


def _importing(shape: Shape, schema_address: str) -> str:
    w, x = shape.names.wsdl, shape.names.xsd
    link = f"<{x}:import schemaLocation={quoteattr(schema_address)} namespace={quoteattr(TEMPURI)}/>"
    return f'<{w}:types><{x}:schema targetNamespace="{TEMPURI}Imports">{link}</{x}:schema></{w}:types>'


def _wcf(shape: Shape, operations: tuple[str, ...], base: str) -> Documents:
    names = shape.names
    link = f"<{names.wsdl}:import namespace={quoteattr(TEMPURI)} location={quoteattr(base + '?wsdl=wsdl0')}/>"
    contract = _importing(shape, base + "?xsd=xsd0") + _contract(names, operations, "parameters")
    return {
        "wsdl": _definitions(names, link + _binding(names, operations, f"{base}/soap")),
        "wsdl=wsdl0": _definitions(names, contract),
        "xsd=xsd0": DECLARATION + _schema(names, shape.elements(operations)),
        "singlewsdl": shape.inline(operations, f"{base}/soap"),
    }


def _single(shape: Shape, operations: tuple[str, ...], base: str) -> Documents:
    document = shape.inline(operations, f"{base}/soap")
    return {"wsdl": document, "singlewsdl": document}


def _prefixed(shape: Shape, operations: tuple[str, ...], base: str) -> Documents:
    names = shape.names
    contract = _contract(names, operations, "body") + _binding(names, operations, f"{base}/soap")
    return {
        "wsdl": _definitions(names, _importing(shape, base + "?xsd=UserCreation.xsd") + contract),
        "xsd=UserCreation.xsd": DECLARATION + _schema(names, shape.elements(operations)),
        "singlewsdl": shape.inline(operations, f"{base}/soap"),
    }


def _named_types(shape: Shape, operations: tuple[str, ...], base: str) -> Documents:
    names = shape.names
    wrappers = [(name, shape.parameter(name)) for name in operations]
    wrappers += [(f"{name}Response", f"{name}Result") for name in operations]
    types = "".join(_named_type(names, name, child) for name, child in wrappers)
    elements = "".join(f'<{names.xsd}:element name="{n}" type="{names.own}:{n}Type"/>' for n, _ in wrappers)
    include = f"<{names.xsd}:include schemaLocation={quoteattr(base + '?xsd=types.xsd')}/>"
    contract = _contract(names, operations, "parameters") + _binding(names, operations, f"{base}/soap")
    return {
        "wsdl": _definitions(names, _importing(shape, base + "?xsd=elements.xsd") + contract),
        "xsd=elements.xsd": DECLARATION + _schema(names, include + elements),
        "xsd=types.xsd": DECLARATION + _schema(names, types),
        "singlewsdl": shape.inline(operations, f"{base}/soap"),
    }


#: The shapes by name. A shape is told the parameter's name, since no two hosts agree on it.
SHAPES: dict[str, Shape] = {
    "wcf": Shape(lambda name: "UserData", _wcf),
    "single": Shape(lambda name: "strRequest", _single, Names("wsdl", "soap", "xsd", "tns")),
    "prefixed": Shape(lambda name: f"str{name}Data", _prefixed, Names("w", "soap11", "s", "n1")),
    "named_types": Shape(lambda name: "value", _named_types, Names("def", "sb", "xsd", "svc")),
}


def documents(shape: str, operations: Iterable[str], base: str) -> Documents:
    """The shape's documents by query string (in lower case for `wsdl` and `singlewsdl`).

    `base` is the address of the service, `http://host/UserCreation.svc`.
    """
    chosen = SHAPES[shape]
    return chosen.documents(chosen, tuple(operations), base)
