"""Segments that a 320 made inactive: kept beside the segment sets (220 to 222), and sent in none of them again unless
the maker reactivates them by name (U19).
"""

from collections.abc import Collection, Iterable

from backoffice.kit.sections import Preset
from backoffice.protocol.codes import Segment
from backoffice.protocol.fields import Flags, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser
from backoffice.protocol.rules import codes
from backoffice.protocol.user_rules import SEGMENT_SETS

INACTIVE, REACTIVATE = "inactive_segments", "reactivate_segments"
#: Segments that are often allowed together, at NSE and BSE.
EQUITY = (Segment.NSE_CASH.value, Segment.BSE_CASH.value)
EQUITY_AND_DERIVATIVES = (*EQUITY, Segment.NSE_DERIVATIVES.value, Segment.BSE_DERIVATIVES.value)
PRESETS = (
    Preset("equity", "Equity", EQUITY),
    Preset("equity-derivatives", "Equity and F&O", EQUITY_AND_DERIVATIVES),
    Preset("all", "All segments", tuple(segment.value for segment in Segment)),
)
#: The fields of an update that this module decides.
NAMES = (*SEGMENT_SETS, INACTIVE)


class UpdateAsked(UpdateRetailUser, abstract=True):
    """The input for a 320: its fields, and the segments to reactivate, for which it has no tag."""

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    odin_user_type = UpdateRetailUser.odin_user_type.again()
    reactivate_segments = Flags(
        0,
        "Segments to reactivate",
        Segment,
        help="Inactive segments that this update allows again.",
    )
    global_flag = UpdateRetailUser.global_flag.again()


def active(known: Values, name: str) -> list[str]:
    """Return a confirmed segment set without inactive segments, as an update would send it."""
    stopped = codes(known, INACTIVE)
    return [code for code in codes(known, name) if code not in stopped]


def restored(known: Values, wanted: Values) -> Values:
    """Return the wanted values, with the confirmed sets that have a reactivated segment if none are given."""
    back = _reactivated(known, wanted)
    missing = {
        name: [code for code in codes(known, name) if code in back or code in active(known, name)]
        for name in SEGMENT_SETS
        if name not in wanted and back.intersection(codes(known, name))
    }
    return {**wanted, **missing}


def composed(known: Values, wanted: Values, given: Collection[str] = ()) -> Values:
    """Return 220 to 222 and 277 of a 320: sets that changed or reactivate a segment, and inactive segments.

    277 names all that are inactive from then on, so that it does not matter whether ODIN adds or replaces.
    """
    back = _reactivated(known, wanted)
    stopped = [code for code in codes(known, INACTIVE) if code not in back]
    message: Values = {}
    for name in SEGMENT_SETS:
        asked = codes(wanted, name)
        same = set(asked) == set(active(known, name))
        if name in wanted and (name in given or back.intersection(asked) or not same):
            message[name] = [code for code in asked if code not in stopped]
    stopping = codes(wanted, INACTIVE)
    if set(stopping) - set(codes(known, INACTIVE)) or (INACTIVE in given and stopping):
        message[INACTIVE] = _ordered({*stopped, *stopping})
    return message


def findings(known: Values, wanted: Values) -> list[Finding]:
    """Return findings: an inactive segment that is allowed must be reactivated by name, and the reverse."""
    asked = codes(wanted, REACTIVATE)
    found = []
    for name in SEGMENT_SETS:
        stopped = [
            code for code in codes(wanted, name) if code in codes(known, INACTIVE) and code not in asked
        ]
        if stopped:
            words = f"Inactive: {in_words(stopped)}. Leave it out, or name it under Segments to reactivate as well."
            found.append(Finding(name, words, rule="U19"))
    allowed = {code for name in SEGMENT_SETS for code in codes(wanted if name in wanted else known, name)}
    if nowhere := [code for code in asked if code not in allowed]:
        words = f"Allowed nowhere: {in_words(nowhere)}. Allow it for trading, market data or login as well."
        found.append(Finding(REACTIVATE, words, rule="U19"))
    return found


def emptied(values: Values) -> list[Finding]:
    """Return a finding if a row empties the column of inactive segments, which reactivates none."""
    if INACTIVE not in values or values[INACTIVE]:
        return []
    words = "Emptying this makes no segment active. Name the segments in the column reactivate_segments."
    return [Finding(INACTIVE, words, rule="U19")]


def inactive_after(inactive: Iterable[str], values: Values) -> list[str]:
    """Return the inactive segments once ODIN has confirmed these values of a 301 or 320."""
    allowed = {code for name in SEGMENT_SETS for code in codes(values, name)}
    return _ordered({*(code for code in inactive if code not in allowed), *codes(values, INACTIVE)})


def _reactivated(known: Values, wanted: Values) -> set[str]:
    """Return the inactive segments to reactivate, which are named."""
    return {code for code in codes(wanted, REACTIVATE) if code in codes(known, INACTIVE)}


def _ordered(found: set[str]) -> list[str]:
    """Segments in the order of the declaration."""
    return [code for code in UpdateAsked.reactivate_segments.labels if code in found]


def in_words(found: Iterable[str]) -> str:
    """Segments by their names."""
    return ", ".join(UpdateAsked.reactivate_segments.labels.get(code, code) for code in found)
