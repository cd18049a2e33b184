"""The effect of a change in one line, made from its messages and the previous record."""

from collections.abc import Iterator, Mapping
from typing import Any

from backoffice.changes.kinds import KINDS, LOCAL, ChangeKind, declared
from backoffice.changes.models import Change
from backoffice.kit.message_words import REFERENCE, explain
from backoffice.protocol.explanation import Line
from backoffice.protocol.fields import Flags, Values
from backoffice.protocol.message import Request

#: How many values are named, and how many characters of each; the page of the change has all of them.
MOST, LONGEST = 3, 90
#: Fields that identify the record, which is named elsewhere.
IDENTITY = ("group_id", "user_id", REFERENCE)
#: Fields that every message repeats; they say nothing if the previous record is unknown.
REPEATED = (*IDENTITY, "manager_id", "category", "odin_user_type", "action")


def effect(change: Change, *, reveal: bool) -> str:
    """Return the effect of a change in one line, added money first. `reveal`: show personal data unmasked."""
    if change.kind not in KINDS:
        return ""
    parts = sorted(_of_parts(change, reveal), key=lambda part: part[0].amount is None)
    found = [text for _, texts in parts for text in texts]
    return _listed(list(dict.fromkeys(found))) or KINDS[change.kind].title


def effects_of_parts(change: Change, *, reveal: bool) -> list[str]:
    """Return the effect of each message of a change, one line each, in their order."""
    if change.kind not in KINDS:
        return ["" for _ in change.messages]
    return [_listed(list(dict.fromkeys(texts))) for _, texts in _of_parts(change, reveal)]


def _of_parts(change: Change, reveal: bool) -> Iterator[tuple[ChangeKind, list[str]]]:
    for part in change.messages:
        message = declared(change.kind, part["type"])
        kind = _kind_of(change, message)
        yield kind, _of_message(kind, message, part["values"], change.before, reveal)


def _kind_of(change: Change, message: type[Request]) -> ChangeKind:
    """Return the kind that describes such a message: a change may carry messages of other kinds."""
    own = KINDS[change.kind]
    if message.type == LOCAL or own.message is message:
        return own
    return next((kind for kind in KINDS.values() if kind.message is message), own)


def _of_message(
    kind: ChangeKind, message: type[Request], values: Values, before: Values | None, reveal: bool
) -> list[str]:
    if kind.effect and kind.message is message:
        return kind.effect(values, before)
    lines = explain(message, values, before, reveal=reveal)
    return list(_changed(message, values, before or {}, lines))


def _changed(
    message: type[Request], values: Mapping[str, Any], before: Mapping[str, Any], lines: list[Line]
) -> Iterator[str]:
    """Return the new value of each changed field; of a record, its first values together."""
    records: dict[str, list[str]] = {}
    for line in lines:
        name, _, rest = line.name.partition(".")
        hidden = REPEATED if line.kind == "new" else IDENTITY
        if line.kind not in ("changed", "new", "cleared") or name in hidden:
            continue
        if rest:
            noun, _, _ = line.label.partition(":")
            records.setdefault(noun, []).append(_became(line))
        elif isinstance(field := message.fields[name], Flags) and line.kind == "changed":
            yield f"{line.label}: {_difference(field, values[name], before.get(name) or [])}"
        else:
            yield f"{line.label}: {_became(line)}"
    for noun, said in records.items():
        yield f"{noun}: {_listed(said, ', ')}"


def _became(line: Line) -> str:
    if line.kind == "cleared":
        return "cleared"
    now = line.meaning or line.value
    return f"{line.old} → {now}" if line.kind == "changed" and line.old else now


def _difference(field: Flags, now: list[str], before: list[str]) -> str:
    more, less = (
        [code for code in one if code not in other] for one, other in ((now, before), (before, now))
    )
    return " ".join(f"{sign} {field.words(codes)}" for sign, codes in (("+", more), ("–", less)) if codes)


def _listed(said: list[str], separator: str = " · ") -> str:
    shown = [text if len(text) <= LONGEST else f"{text[:LONGEST]}…" for text in said[:MOST]]
    more = [f"and {len(said) - MOST} more"] if len(said) > MOST else []
    return separator.join([*shown, *more])
