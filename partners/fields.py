"""Fields of this room's kinds of change: nothing of them goes to ODIN."""

from backoffice.protocol.charset import IN_JSON
from backoffice.protocol.fields import Text


class Words(Text):
    """A text in words, with commas."""

    allowed = IN_JSON
