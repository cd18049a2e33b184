"""The structure of a long form: sections with a side index, blocks in them, and conditional blocks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from backoffice.kit.conditions import When
from backoffice.kit.forms import FieldPart
from backoffice.kit.formsets import Card, GroupPart, MessageForm, Part, RecordPart, Typed, record_card
from backoffice.protocol.explanation import lowered
from backoffice.protocol.fields import Flags, Records
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.message import Request


@dataclass(frozen=True)
class Block:
    """Fields of a section that belong together, under a heading of their own."""

    names: tuple[str, ...]
    title: str = ""
    text: str = ""
    when: When | None = None
    #: Folded until opened, unless a field in it is filled or has a finding.
    folded: bool = False
    #: For sets of codes: the offered ones, if not all.
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preset:
    """Codes that are often ticked together: one button ticks exactly these in each column of a matrix."""

    slug: str
    title: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One section of a long form. `template` shows it; `record` names the sub-form or group that its blocks divide."""

    slug: str
    title: str
    blocks: tuple[Block, ...]
    text: str = ""
    template: str = "forms/section_fields.html"
    record: str = ""
    when: When | None = None
    #: For a repeating group: the name of one record, and the text while there is none.
    noun: str = ""
    empty: str = ""
    #: For a matrix: the note beside a code. A preset does not change codes with a note.
    notes: Mapping[str, str] = field(default_factory=dict)
    presets: tuple[Preset, ...] = ()

    def preset(self, slug: str) -> list[str] | None:
        """Return the codes that a preset ticks; None if there is no such preset."""
        found = next((one for one in self.presets if one.slug == slug), None)
        return None if found is None else [code for code in found.codes if code not in self.notes]

    @property
    def noun_inside(self) -> str:
        """The name of one record inside a sentence."""
        return lowered(self.noun)

    @property
    def names(self) -> tuple[str, ...]:
        """The message's fields that this section shows."""
        return (self.record,) if self.record else tuple(name for block in self.blocks for name in block.names)


@dataclass(frozen=True)
class ShownBlock:
    """A block with its parts, and whether it applies now.

    One that does not apply stays visible while a field in it is filled: no input is ever hidden.
    """

    block: Block
    parts: Sequence[Part]
    applies: bool
    filled: bool


@dataclass(frozen=True)
class ShownCard:
    """A record's card with its blocks."""

    card: Card
    blocks: Sequence[ShownBlock]


@dataclass(frozen=True)
class ShownSection:
    """A section with everything its template needs, and its number of findings."""

    section: Section
    parts: Mapping[str, Part]
    blocks: Sequence[ShownBlock]
    cards: Sequence[ShownCard]
    applies: bool
    filled: bool
    errors: int
    warnings: int
    #: Nothing in it needs a look: all values come from the source that filled the form.
    folded: bool = False

    @property
    def part(self) -> Part:
        """The sub-form or group that the section divides."""
        return self.parts[self.section.record]

    @property
    def first_name(self) -> str:
        """The field whose column the other columns of a matrix may copy."""
        return next(iter(self.parts))

    @property
    def columns(self) -> list[FieldPart]:
        """The sets of codes that a matrix shows side by side."""
        return [part for part in self.parts.values() if isinstance(part, FieldPart) and part.is_group]

    @property
    def matrix(self) -> list[list[tuple[str, str, str, list[tuple[FieldPart, bool]]]]]:
        """Each code with its label and note, and for each field whether the code is ticked.

        In two halves, side by side if there is room.
        """
        labels = cast(Flags, self.columns[0].declared).labels
        rows = [
            (
                code,
                label,
                self.section.notes.get(code, ""),
                [(part, code in part.selected) for part in self.columns],
            )
            for code, label in labels.items()
        ]
        half = (len(rows) + 1) // 2
        return [rows[:half], rows[half:]]

    @property
    def presets(self) -> list[tuple[Preset, str, str]]:
        """The presets of a matrix, with their codes and these in words."""
        labels = cast(Flags, self.columns[0].declared).labels
        return [
            (one, ",".join(codes), ", ".join(labels[code] for code in codes))
            for one in self.section.presets
            if (codes := self.section.preset(one.slug))
        ]


def divide(
    form: MessageForm, sections: Iterable[Section], folded: Collection[str] = ()
) -> list[ShownSection]:
    """Return a form in its sections. Those with a slug in `folded` are folded, unless they have findings."""
    shown = [_shown_section(form, section) for section in sections]
    return [
        replace(one, folded=one.section.slug in folded and not one.errors + one.warnings) for one in shown
    ]


def _shown_section(form: MessageForm, section: Section) -> ShownSection:
    parts = {name: form.parts[name] for name in section.names}
    blocks: list[ShownBlock] = []
    cards: list[ShownCard] = []
    match form.parts.get(section.record):
        case GroupPart() as group:
            cards = [ShownCard(card, _blocks(section, card.parts, form.values)) for card in group.cards]
        case RecordPart() as record:
            blocks = _blocks(section, record.parts, form.values)
        case _:
            blocks = _blocks(section, parts, form.values)
    found = [finding for finding in form.findings if finding.path.partition(".")[0] in section.names]
    errors = sum(finding.severity == Severity.ERROR for finding in found)
    return ShownSection(
        section=section,
        parts=parts,
        blocks=blocks,
        cards=cards,
        applies=section.when is None or section.when.holds(form.values),
        filled=bool(found) or any(block.filled for block in blocks),
        errors=errors,
        warnings=len(found) - errors,
    )


def empty_card(section: Section, group: Records, index: int) -> ShownCard:
    """Return a card without values for a section's group of records, by its place from 0."""
    empty = record_card(group, index, {}, {})
    return ShownCard(empty, _blocks(section, empty.parts, {}))


def _blocks(section: Section, parts: Mapping[str, Part], values: Typed) -> list[ShownBlock]:
    return [
        ShownBlock(
            block,
            [_narrowed(parts[name], block.only) for name in block.names],
            applies=block.when is None or block.when.holds(_scope(block.when, values)),
            filled=any(_filled(parts[name]) for name in block.names),
        )
        for block in section.blocks
    ]


def _narrowed(part: Part, only: tuple[str, ...]) -> Part:
    return replace(part, only=only) if only and isinstance(part, FieldPart) else part


def _scope(when: When, values: Typed) -> Mapping[str, Any]:
    """Return the values that a condition reads: those of the message, or of its single record."""
    record = values.get(when.record, {}) if when.record else values
    return record if isinstance(record, Mapping) else {}


def _filled(part: Part) -> bool:
    return bool(part.findings) or (isinstance(part, FieldPart) and bool(part.bound.value()))


def named(form: MessageForm) -> list[Finding]:
    """Return the findings for a summary away from their fields: each names its field."""
    return [replace(finding, text=_with_label(form.message, finding)) for finding in form.findings]


def _with_label(message: type[Request], finding: Finding) -> str:
    name, _, rest = finding.path.partition(".")
    field = message.fields.get(name)
    label = field.label if field else ""
    if isinstance(field, Records) and rest:
        number, _, part = rest.rpartition(".")
        inner = field.record.fields.get(part)
        count = f" {int(number) + 1}" if number.isdigit() else ""
        label = f"{field.record.noun}{count}" + (f", {lowered(inner.label)}" if inner else "")
        own = inner.label if inner else ""
    else:
        own = label
    if not label or finding.text.startswith(label):
        return finding.text
    if own and finding.text.startswith(f"{own} "):
        return f"{label}{finding.text.removeprefix(own)}"
    return f"{label}: {finding.text}"


def limited(section: Section, names: Collection[str]) -> Section | None:
    """Return a section with only the fields of these names; None if it has none of them."""
    if section.record:
        return section if section.record in names else None
    found = (
        replace(block, names=tuple(name for name in block.names if name in names)) for block in section.blocks
    )
    blocks = tuple(block for block in found if block.names)
    return replace(section, blocks=blocks) if blocks else None


def plain_sections(message: type[Request], hidden: Collection[str] = ()) -> tuple[Section, ...]:
    """Return a short message in sections: its single values, then one for each group of records, without `hidden`."""
    groups = {name: field for name, field in message.fields.items() if isinstance(field, Records)}
    single = tuple(name for name in message.fields if name not in groups and name not in hidden)
    sections = [Section("values", message.title, (Block(single),))] if single else []
    for name, group in groups.items():
        noun = group.record.noun
        sections.append(
            Section(
                name.replace("_", "-"),
                group.label,
                (Block(tuple(group.record.fields)),),
                template="forms/section_cards.html",
                record=name,
                noun=noun,
                empty=f"No {noun.lower()} yet.",
            )
        )
    return tuple(sections)
