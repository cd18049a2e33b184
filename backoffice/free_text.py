"""Free text that people write and the portal keeps: how long it may be, and that it is there.

Every operation that takes one asks `checked`, whatever the form before it did. The trail can never let go of it.
"""

from collections.abc import Callable

from backoffice.outside import visible

#: Characters of a reason; those on the gate and on rejected changes are shown on other pages too.
REASON_LENGTH = 500
COMMENT_LENGTH = 1000


def checked(
    text: str, error: Callable[[str], Exception], missing: str = "", *, most: int = REASON_LENGTH
) -> str:
    """The text as it is kept. Raises `error` where it is too long, or empty while `missing` says why it is needed."""
    # A browser counts the end of a line as one character and sends two.
    kept = visible(text.replace("\r\n", "\n").strip())
    if not kept and missing:
        raise error(missing)
    if len(kept) > most:
        raise error(f"The text has {len(kept):,} characters; at most {most:,} are kept. Shorten it.")
    return kept
