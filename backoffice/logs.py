"""Log lines: one line each, and never a secret of a message."""

import logging

from backoffice.protocol.wire import mask


class LineFormatter(logging.Formatter):
    """Time, level, logger and text on one line. Message texts lose their secrets, line breaks become visible."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record)).replace("\r", "\\r").replace("\n", "\\n")
