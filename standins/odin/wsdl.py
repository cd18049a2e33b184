"""The service's description, in several shapes, made from the operations' names.

Hosts describe the same service in different ways; a client must cope with all of them:

- `wcf`: split as a WCF host does it: `?wsdl` imports `?wsdl=wsdl0`, whose schema imports `?xsd=xsd0`;
- `single`: everything in one document, the schema inline;
- `prefixed`: other prefixes, the schema under a file name (`?xsd=UserCreation.xsd`), a parameter name for
  each operation;
- `named_types`: the wrappers are elements of named types in a schema included by another;
- `wcf_split`: `?wsdl` holds the service alone and imports the binding (`?wsdl=wsdl0`, a namespace of its own),
  which imports the contract (`?wsdl=wsdl1`) and the service again, as a WCF host does where these differ.

Two are mistakes of an installation, about which a client must say what is wrong:

- `other_host`: as `wcf_split`, but the imports name the host as the service knows itself behind a proxy;
- `help_page`: a web page instead of any description, as where metadata is not published.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from standins.odin.soap import DECLARATION, PORT_TYPE, SERVICE, TEMPURI, action

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


BINDING = f"BasicHttpBinding_{PORT_TYPE}"
#: The namespace of a binding that has one of its own, and the prefix for it.
BINDINGS, BOUND = f"{TEMPURI}Bindings", "b0"
#: The host as a service behind a proxy knows itself.
INSIDE = "http://odin-inside.example:8080/UserCreation.svc"


def _bound(names: Names, operations: Iterable[str]) -> str:
    """SOAP 1.1 binding."""
    w, s, own = names.wsdl, names.soap, names.own
    bound = "".join(
        f'<{w}:operation name="{name}"><{s}:operation soapAction="{action(name)}" style="document"/>'
        f'<{w}:input><{s}:body use="literal"/></{w}:input>'
        f'<{w}:output><{s}:body use="literal"/></{w}:output></{w}:operation>'
        for name in operations
    )
    return (
        f'<{w}:binding name="{BINDING}" type="{own}:{PORT_TYPE}">'
        f'<{s}:binding transport="{HTTP}"/>{bound}</{w}:binding>'
    )


def _service(names: Names, address: str, prefix: str) -> str:
    """The service. `prefix`: of the binding's namespace."""
    w, s = names.wsdl, names.soap
    return (
        f'<{w}:service name="{SERVICE}"><{w}:port name="{BINDING}" binding="{prefix}:{BINDING}">'
        f"<{s}:address location={quoteattr(address)}/></{w}:port></{w}:service>"
    )


def _binding(names: Names, operations: Iterable[str], address: str) -> str:
    """SOAP 1.1 binding and service, in one namespace."""
    return _bound(names, operations) + _service(names, address, names.own)


def _definitions(names: Names, inner: str, namespace: str = TEMPURI) -> str:
    w = names.wsdl
    attributes = (
        f'{names.namespaces()} xmlns:{BOUND}="{BINDINGS}" name="{SERVICE}" targetNamespace="{namespace}"'
    )
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


def _import(names: Names, namespace: str, address: str) -> str:
    return f"<{names.wsdl}:import namespace={quoteattr(namespace)} location={quoteattr(address)}/>"


def _wcf(shape: Shape, operations: tuple[str, ...], base: str) -> Documents:
    names = shape.names
    link = _import(names, TEMPURI, f"{base}?wsdl=wsdl0")
    contract = _importing(shape, base + "?xsd=xsd0") + _contract(names, operations, "parameters")
    return {
        "wsdl": _definitions(names, link + _binding(names, operations, f"{base}/soap")),
        "wsdl=wsdl0": _definitions(names, contract),
        "xsd=xsd0": DECLARATION + _schema(names, shape.elements(operations)),
        "singlewsdl": shape.inline(operations, f"{base}/soap"),
    }


def _wcf_split(shape: Shape, operations: tuple[str, ...], base: str, links: str = "") -> Documents:
    """`links`: the address that the imports name, where it is not `base`."""
    names, links = shape.names, links or base
    binding = _import(names, TEMPURI, f"{links}?wsdl=wsdl1") + _import(names, TEMPURI, f"{links}?wsdl")
    contract = _importing(shape, links + "?xsd=xsd0") + _contract(names, operations, "parameters")
    service = _import(names, BINDINGS, f"{links}?wsdl=wsdl0") + _service(names, f"{links}/soap", BOUND)
    return {
        "wsdl": _definitions(names, service),
        "wsdl=wsdl0": _definitions(names, binding + _bound(names, operations), BINDINGS),
        "wsdl=wsdl1": _definitions(names, contract),
        "xsd=xsd0": DECLARATION + _schema(names, shape.elements(operations)),
        "singlewsdl": shape.inline(operations, f"{links}/soap"),
    }


def _other_host(shape: Shape, operations: tuple[str, ...], base: str) -> Documents:
    return _wcf_split(shape, operations, base, INSIDE)


def _help_page(shape: Shape, operations: tuple[str, ...], base: str) -> Documents:
    return dict.fromkeys(("wsdl", "singlewsdl"), HELP_PAGE)


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


#: Well-formed XML too, as that of a WCF host is.
HELP_PAGE = (
    "<!DOCTYPE html><html><head><title>UserCreation Service</title></head><body><h1>UserCreation Service</h1>"
    "<p>Metadata publishing for this service is disabled.</p></body></html>"
)

#: The shapes by name. A shape gets the parameter's name, since hosts differ in it.
SHAPES: dict[str, Shape] = {
    "wcf": Shape(lambda name: "UserData", _wcf),
    "single": Shape(lambda name: "strRequest", _single, Names("wsdl", "soap", "xsd", "tns")),
    "prefixed": Shape(lambda name: f"str{name}Data", _prefixed, Names("w", "soap11", "s", "n1")),
    "named_types": Shape(lambda name: "value", _named_types, Names("def", "sb", "xsd", "svc")),
    "wcf_split": Shape(lambda name: "userData", _wcf_split),
    "other_host": Shape(lambda name: "Data", _other_host),
    "help_page": Shape(lambda name: "Text", _help_page),
}


def documents(shape: str, operations: Iterable[str], base: str) -> Documents:
    """The shape's documents by query string (in lower case for `wsdl` and `singlewsdl`).

    `base` is the address of the service, `http://host/UserCreation.svc`.
    """
    chosen = SHAPES[shape]
    return chosen.documents(chosen, tuple(operations), base)
