"""Fields of this room's kinds of change: nothing of them goes to ODIN."""

from backoffice.protocol.charset import IN_JSON
from backoffice.protocol.fields import Text


class Words(Text):
    """A text in words, with commas. No file brings it, so that 400.00 is a price and not what a spreadsheet made."""

    allowed = IN_JSON

    def bent(self, value: str) -> str:
        """Find nothing: people and the portal write it as it is meant."""
        return ""
