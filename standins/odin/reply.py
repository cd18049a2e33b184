"""Replies of the stand-in ODIN: what SOAP says, and data that people read in a browser."""

import json

from standins.serving import Reply

XML = "text/xml; charset=utf-8"


def xml(body: bytes, status: int = 200) -> Reply:
    """A reply in XML."""
    return Reply(status, body, XML)


def as_json(data: object, status: int = 200) -> Reply:
    """A reply in JSON, with a line for each value."""
    return Reply(status, json.dumps(data, indent=1).encode(), "application/json; charset=utf-8")
