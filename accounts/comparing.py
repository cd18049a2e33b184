"""Compare the parts of a retail user that describe one person: profile, demat accounts, mutual-fund UCC, addresses.

Differences are warnings for maker and checker, never errors.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from accounts.values import record, records, text
from backoffice.kit.components import PROFILE, Comparison, Side
from backoffice.protocol.charset import words
from backoffice.protocol.codes import HoldingMode, HoldingType
from backoffice.protocol.fields import Field, Records, Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.messages.addresses import UpdateAlternateAddress
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.shapes import EMAIL, MOBILE, PAN

RULE = "portal.compare"
#: People named in a demat account and in the mutual-fund UCC.
PEOPLE = {"second": "second holder", "third": "third holder", "guardian": "guardian"}
#: How to make spellings equal, for fields without a rule of their own.
KEYS = {"pan": PAN.key, "mobile": MOBILE.key, "email": EMAIL.key}

#: Where the fields that are compared are declared.
FIELDS = {**UpdateAlternateAddress.fields, **CreateRetailUser.fields}

Given = Mapping[str, object]


def findings(values: Values, known: Values | None = None) -> list[Finding]:
    """Return warnings on contradictions in the values, and between them and the known record."""
    return [
        Finding(comparison.sides[-1].path, comparison.words, Severity.WARNING, RULE)
        for comparison in comparisons(values, known)
        if comparison.words
    ]


def comparisons(values: Values, known: Values | None = None) -> list[Comparison]:
    """Return everything with several values, matching or not. Proposed values override known ones."""
    whole: Values = {**(known or {}), **values}
    return [
        *_same_person(values, known or {}),
        *_people(whole),
        *_own_pan(whole),
        *_holding(whole),
        *_addresses(whole),
    ]


def _same_person(values: Given, known: Given) -> Iterator[Comparison]:
    """Warn of a new name with the old PAN: it may be another person's, or a mistake."""
    changed = [
        name
        for name in ("name", "pan", "birth_date")
        if text(values, name)
        and text(known, name)
        and _differs(text(values, name), text(known, name), KEYS.get(name))
    ]
    for name, title in (("name", "Name"), ("pan", "PAN"), ("birth_date", "Date of birth")):
        if not text(values, name) or not text(known, name):
            continue
        sides = (_side("Confirmed", name, text(known, name)), _side("Proposed", name, text(values, name)))
        said = f"{title} differs from the confirmed one. Make sure that this is the same person."
        yield Comparison(title, sides, said if name in changed else "")


def _people(values: Given) -> Iterator[Comparison]:
    """Compare joint holders and guardians by PAN and name, in each demat account and in the UCC."""
    places = [
        (f"Demat {place + 1}", f"demats.{place}", demat)
        for place, demat in enumerate(records(values, "demats"))
        if demat.get("action") != "2"
    ]
    if ucc := record(values, "mf_ucc"):
        places.append(("MF UCC", "mf_ucc", ucc))
    if len(places) < 2:
        return
    for who, title in PEOPLE.items():
        for part, what in (("pan", "PAN"), ("first_name", "first name"), ("last_name", "last name")):
            name = f"{who}_{part}"
            given = [(where, path, said) for where, path, row in places if (said := row.get(name))]
            if len(given) < 2:
                continue
            sides = [_side(where, f"{path}.{name}", said) for where, path, said in given]
            agree = _agreeing(sides, KEYS.get(part))
            said = f"The {title}'s {what} is not the same in {_places(sides)}. {_check(sides)}"
            said = "" if len(agree) == len(sides) else said
            yield Comparison(f"{title.capitalize()}: {what}", tuple(sides), said, agree)


def _own_pan(values: Given) -> Iterator[Comparison]:
    """Warn of a joint holder or guardian who is the client."""
    own = PAN.key(text(values, "pan"))
    if not own:
        return
    for place, where, column, row in _places_with_people(values):
        for who, title in PEOPLE.items():
            if (other := row.get(f"{who}_pan")) and PAN.key(other) == own:
                sides = (_side(PROFILE, "pan", own), _side(column, f"{place}.{who}_pan", own))
                said = f"The {title} in {where} has the user's own PAN. Check it."
                yield Comparison(f"{title.capitalize()}: PAN", sides, said, fault="Must not be the same")


def _holding(values: Given) -> Iterator[Comparison]:
    """Compare the holding type of demat accounts with the UCC's holding mode: single or joint in both."""
    mode = record(values, "mf_ucc").get("holding_mode", "")
    if not mode:
        return
    for place, demat in enumerate(records(values, "demats")):
        kind = demat.get("holding_type", "")
        if not kind or demat.get("action") == "2":
            continue
        fits = (kind == HoldingType.SINGLE) == (mode == HoldingMode.SINGLE)
        sides = (
            _side(f"Demat {place + 1}", f"demats.{place}.holding_type", kind),
            _side("MF UCC", "mf_ucc.holding_mode", mode),
        )
        said = f"Demat account {place + 1} and the mutual-fund UCC differ in whether the holding is joint. Check both."
        yield Comparison("Holding", sides, "" if fits else said)


def _addresses(values: Given) -> Iterator[Comparison]:
    """Compare mobile number and e-mail of the alternate addresses with the profile's. The address itself may differ."""
    for name, title in (("mobile", "Mobile"), ("email", "E-mail")):
        sides = [_side(PROFILE, name, text(values, name))] if text(values, name) else []
        for prefix, where in (("first_", "Alternate address 1"), ("second_", "Alternate address 2")):
            if found := text(values, f"{prefix}{name}"):
                sides.append(_side(where, f"{prefix}{name}", found))
        if len(sides) > 1:
            agree = _agreeing(sides, KEYS[name])
            said = f"{title} is not the same in {_places(sides)}. {_check(sides)}"
            yield Comparison(title, tuple(sides), "" if len(agree) == len(sides) else said, agree)


def _places_with_people(values: Given) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
    """Return the path of each place, its names in sentences and columns, and its value."""
    for place, demat in enumerate(records(values, "demats")):
        yield f"demats.{place}", f"demat account {place + 1}", f"Demat {place + 1}", demat
    yield "mf_ucc", "the mutual-fund UCC", "MF UCC", record(values, "mf_ucc")


def _side(where: str, path: str, said: str) -> Side:
    field = _field(path)
    return Side(where, path, said, field.words(said), field.masked(said))


def _field(path: str) -> Field:
    name, _, rest = path.partition(".")
    field = FIELDS[name]
    return field.record.fields[rest.rpartition(".")[2]] if isinstance(field, Records) else field


def _agreeing(sides: list[Side], key: Callable[[str], str] | None) -> tuple[Side, ...]:
    """Return the places whose value more than half of all have."""
    said = [_sense(side.text, key) for side in sides]
    times = Counter(said)
    return tuple(side for side, sense in zip(sides, said, strict=True) if 2 * times[sense] > len(sides))


def _places(sides: list[Side]) -> str:
    *others, last = (side.where for side in sides)
    return f"{', '.join(others)} and {last}"


def _check(sides: list[Side]) -> str:
    return "Check both." if len(sides) == 2 else "Check each of them."


def _differs(one: str, other: str, key: Callable[[str], str] | None = None) -> bool:
    return one != other and _sense(one, key) != _sense(other, key)


def _sense(said: str, key: Callable[[str], str] | None) -> str:
    """Make spellings equal: by `key`, else without case, spaces and signs between words."""
    return key(said) if key else " ".join(words(said)) or said
