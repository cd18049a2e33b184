"""The characters that a value may have (F5, F6), and a cleaned value to offer if it has others."""

import re
import unicodedata
from functools import lru_cache

#: Printable ASCII without | $ = , < >
PLAIN_SET = r"[ -#%-+\--;?-{}~]"
#: The characters allowed in JSON: also the comma, since only the other separators could do harm (F6).
JSON_SET = r"[ -#%-;?-{}~]"

PLAIN = re.compile(PLAIN_SET + "*")
IN_JSON = re.compile(JSON_SET + "*")

#: Invisible characters: soft hyphen, zero-width and direction marks, joiners, fillers, byte order marks.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_IS_INVISIBLE = re.compile(f"[{_INVISIBLE}]").fullmatch
#: Characters with one reading that their decomposition does not give, from word processors and other
#: languages.
_READINGS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00b7", "-"),
    **dict.fromkeys("\u2044\u2215", "/"),
    "\u00d7": "x",
    "\u066a": "%",
    "\u066b": ".",
    "\u066c": ",",
    "\u20b9": "Rs ",
    **dict(zip("øØłŁđĐðÐħĦ\u0131", "oOlLdDdDhHi", strict=True)),
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "þ": "th",
    "Þ": "Th",
    "\u2400": "|",  # a form shows it in place of a NUL
}
#: Decompositions that change the meaning of a character: a power, a fraction, a number in a circle.
_OTHER_MEANING = ("<super>", "<sub>", "<fraction>", "<circle>", "<square>")
#: Replaces forbidden characters while a text is cleaned.
_GONE = "\0"
_RUN = re.compile(f"{_GONE}+")
_BESIDE_A_DIGIT = re.compile(f"[0-9]{_GONE}|{_GONE}[0-9]")
#: Longer texts are not values that a person meant, and are not searched.
LONGEST = 1000


def describe(text: str, allowed: re.Pattern[str] = PLAIN) -> str:
    """Return the place of the first forbidden character, and how many more there are; "" if none is."""
    match = allowed.match(text)
    end = match.end() if match else 0
    if end == len(text):
        return ""
    bad = [character for character in text if not allowed.fullmatch(character)]
    more = f", and {len(bad) - 1} more that are not allowed" if len(bad) > 1 else ""
    return f"has {name(text[end])} at position {end + 1}{more}"


def name(character: str) -> str:
    """Return a character in words: itself in quotes, or its name or number if it is invisible."""
    if " " < character <= "~":
        return f"`{character}`"
    code = f"U+{ord(character):04X}"
    known = {"\n": "a line break", "\r": "a line break", "\t": "a tab", "\0": "a NUL"}
    return known.get(character) or (
        f"`{character}` ({code})" if _seen(character) else f"an invisible character ({code})"
    )


def shown(text: str) -> str:
    """Return the text with a number instead of each invisible character."""
    return "".join(
        character if character == " " or _seen(character) else f"[U+{ord(character):04X}]"
        for character in text
    )


def _seen(character: str) -> bool:
    return character.isprintable() and not character.isspace() and not _IS_INVISIBLE(character)


def reduced(text: str) -> str | None:
    """Return the text in ASCII: no invisible characters, letters without accents, digits of any script as 0 to 9.

    None if a letter, number or sign has no such reading: dropping it would change the text.
    """
    if text.isascii() and text.isprintable():
        return text
    if len(text) > LONGEST:
        return None
    parts = [_reading(character) for character in text]
    return None if None in parts else "".join(part for part in parts if part)


def has_accents(text: str) -> bool:
    """Whether a letter would lose its accent."""
    return any(
        character.isalpha() and not unicodedata.decomposition(character).startswith("<")
        for character in text[:LONGEST]
        if character > "~"
    )


def words(text: str) -> list[str]:
    """Return the words and numbers of a name in ASCII capitals, split at every other sign; [] for other scripts."""
    return re.findall("[A-Z]+|[0-9]+", (reduced(text) or "").upper())


def cleaned(text: str, allowed: re.Pattern[str] = PLAIN, *, free: bool = True) -> str | None:
    """Return the text without forbidden characters; None if that would be a guess.

    A forbidden character becomes a space. In a code or number, one beside a digit has a meaning, so there is
    no guess.
    """
    plain = reduced(text)
    if plain is None or len(plain) > LONGEST:
        return None
    kept = "".join(character if allowed.fullmatch(character) else _GONE for character in plain).strip(
        _GONE + " "
    )
    if not free and _BESIDE_A_DIGIT.search(_RUN.sub(_GONE, kept.replace(" ", ""))):
        return None
    return " ".join(kept.replace(_GONE, " ").split()) or None


@lru_cache(maxsize=4096)
def _reading(character: str) -> str | None:
    """Return a character in ASCII: "" if it is invisible, None if it has no reading."""
    if " " <= character <= "~":
        return character
    if _IS_INVISIBLE(character):
        return ""
    if (known := _READINGS.get(character)) is not None:
        return known
    category = unicodedata.category(character)
    if category == "Cc":  # words may or may not end there, as at a separator
        return " " if character.isspace() else "|"
    if category[0] == "Z":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if "\u0300" <= character <= "\u036f":
        return ""
    decomposition = unicodedata.decomposition(character)
    if decomposition.startswith(_OTHER_MEANING):
        return None
    if decomposition:
        parts = [_reading(part) for part in unicodedata.normalize("NFKD", character)]
        return None if None in parts else "".join(part for part in parts if part)
    # Punctuation and pictures end a word; a replacement character stands for a lost one.
    return " " if category in ("Po", "Ps", "Pe", "So", "Sk") and character != "\ufffd" else None
