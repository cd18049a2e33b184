"""Which characters a value may have (F5, F6), and a cleaned value to offer where it has others."""

import re
import unicodedata

#: Printable ASCII without | $ = , < >
PLAIN_SET = r"[ -#%-+\--;?-{}~]"
#: The same with the comma, for text inside JSON, where only the other separators could do harm (F6).
JSON_SET = r"[ -#%-;?-{}~]"

PLAIN = re.compile(PLAIN_SET + "*")
IN_JSON = re.compile(JSON_SET + "*")

#: Quotation marks, dashes, the ellipsis and the rupee sign, as word processors write them.
_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019", "'"),
        **dict.fromkeys("\u201c\u201d", '"'),
        **dict.fromkeys("\u2013\u2014", "-"),
        "\u2026": "...",
        "\u20b9": "Rs ",
    }
)


def describe(text: str, allowed: re.Pattern[str] = PLAIN) -> str:
    """Where the first character that is not allowed stands, and how many more there are; "" if none is."""
    match = allowed.match(text)
    end = match.end() if match else 0
    if end == len(text):
        return ""
    bad = [character for character in text if not allowed.fullmatch(character)]
    more = f", and {len(bad) - 1} more that are not allowed" if len(bad) > 1 else ""
    return f"has {name(text[end])} at position {end + 1}{more}"


def name(character: str) -> str:
    """A character in words: itself in quotes, or its name or number where it cannot be seen."""
    if " " < character <= "~":
        return f"`{character}`"
    code = f"U+{ord(character):04X}"
    visible = character.isprintable() and not character.isspace()
    known = {"\n": "a line break", "\r": "a line break", "\t": "a tab", "\0": "a NUL"}
    return known.get(character) or (
        f"`{character}` ({code})" if visible else f"an invisible character ({code})"
    )


def cleaned(text: str, allowed: re.Pattern[str] = PLAIN) -> str:
    """The text with letters reduced to ASCII and everything else that is not allowed replaced by a single
    space.
    """
    reduced = unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHIC))
    kept = (
        character if allowed.fullmatch(character) else "" if unicodedata.combining(character) else " "
        for character in reduced
    )
    return " ".join("".join(kept).split())
