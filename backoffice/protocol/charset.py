"""Which characters a value may have (F5, F6), and a cleaned value to offer in place of one that has others."""

import re
import unicodedata

#: Printable ASCII without | $ = , < >
PLAIN = re.compile(r"[ -#%-+\--;?-{}~]*")
#: The same with the comma, for text inside JSON, where only the other separators could do harm (F6).
IN_JSON = re.compile(r"[ -#%-;?-{}~]*")

_TYPOGRAPHIC = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "₹": "Rs "}
)


def describe(text: str, allowed: re.Pattern[str] = PLAIN) -> str:
    """Where the first character stands that is not allowed, and how many more there are; "" if all are allowed."""
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
    """The text with letters reduced to ASCII and everything else that is not allowed replaced by a single space."""
    reduced = unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHIC))
    kept = (
        character if allowed.fullmatch(character) else "" if unicodedata.combining(character) else " "
        for character in reduced
    )
    return " ".join("".join(kept).split())
