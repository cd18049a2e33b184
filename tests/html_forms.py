"""Reading a page's form as a browser without scripts does: what it would send, and what is tied to what."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string

from backoffice.kit.formsets import GroupPart, MessageForm, RecordPart


@dataclass
class Control:
    """One control of a form."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    options: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def sent(self) -> list[str]:
        """The values it would send."""
        kind = self.attributes.get("type") or "text"
        value = self.attributes.get("value") or ""
        match self.tag, kind:
            case "input", "checkbox" | "radio":
                return [value or "on"] if "checked" in self.attributes else []
            case "input", _:
                return [value]
            case "select", _:
                chosen = [code for code, selected in self.options if selected]
                return chosen[-1:] or [code for code, _ in self.options[:1]]
        return [self.text.removeprefix("\n")]


class Page(HTMLParser):
    """The controls, ids and labels of a page, without those in a <template>, as in a browser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: list[Control] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self._in_template = 0
        self._open: Control | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "template":
            self._in_template += 1
        if self._in_template:
            return
        attributes = dict(attrs)
        if name := attributes.get("id"):
            self.ids.append(name)
        if tag == "a" and (address := attributes.get("href") or "").startswith("#"):
            self.links.append(address[1:])
        if tag == "option" and self._open:
            self._open.options.append((attributes.get("value") or "", "selected" in attributes))
        elif tag in ("input", "select", "textarea") and attributes.get("name"):
            control = Control(tag, attributes)
            self.controls.append(control)
            self._open = control if tag != "input" else None

    def handle_data(self, data: str) -> None:
        if self._open and self._open.tag == "textarea":
            self._open.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._in_template -= 1
        if tag in ("select", "textarea"):
            self._open = None

    def named(self, name: str) -> Control:
        """The control of this name."""
        return next(control for control in self.controls if control.attributes["name"] == name)

    def sent(self, **changed: Any) -> dict[str, list[str]]:
        """What the page's controls would send, some changed."""
        data: dict[str, list[str]] = {}
        for control in self.controls:
            data.setdefault(str(control.attributes["name"]), []).extend(control.sent)
        for name, value in changed.items():
            data[name] = value if isinstance(value, list) else [value]
        return {name: values for name, values in data.items() if values}


def querydict(data: dict[str, list[str]]) -> QueryDict:
    """Return the form's data as a view gets it."""
    found = QueryDict(mutable=True)
    for name, values in data.items():
        found.setlist(name, values)
    return found


def flowed(html: str) -> str:
    """A page with its white space as a browser shows it: any run of it is one space."""
    return " ".join(html.split())


def drawn(form: MessageForm) -> str:
    """All fields of a form as HTML, in the order of their declaration, those of its records among them."""
    parts: list[Any] = []
    for part in form.parts.values():
        match part:
            case GroupPart():
                parts += [inner for card in part.cards for inner in card.parts.values()]
            case RecordPart():
                parts += part.parts.values()
            case _:
                parts.append(part)
    return "".join(render_to_string("forms/field.html", {"part": part}) for part in parts)
