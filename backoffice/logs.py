"""Log lines: one event a line, as JSON or for the eye, with the ids of what was worked on, and never what it said.

Whatever any library logs goes through here. Messages lose their secrets; an error is its type and where it came from,
since its text may quote values; an address that was asked for is the pattern of its page, and what else the lines of
Django and gunicorn quote of a request is left out.
"""

import json
import logging
import os
import re
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict

from backoffice.audit.middleware import current_origin
from backoffice.outside import whole
from backoffice.protocol.personal import hide_in_text
from backoffice.protocol.wire import mask

logger = logging.getLogger(__name__)

#: What a line may carry beside its words. Other extras of libraries hold requests and arguments.
FIELDS = ("method", "route", "status", "duration_ms", "change_id", "delivery_id", "batch_id")
#: Pages about one thing: the namespace of their addresses, and what its number is called in a line.
NUMBERED = {"changes": "change_id", "delivery": "delivery_id", "batches": "batch_id"}
#: How many characters of each part of a line are kept: libraries quote what was sent to them.
LONGEST = 10_000
#: What a terminal or a reader of lines would take for more than text.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
#: Lines of libraries quote a request from the first quotation mark on.
_QUOTED = re.compile(r"""['"].*""", re.DOTALL)
_ADDRESS = re.compile(r"[^\s/]{0,100}/\S*")
#: How many characters of a library's words on a request are examined.
LONGEST_OF_A_REQUEST = 500
_HOST = socket.gethostname()


class Lines(ProcessorFormatter):
    """Renders every record, of whatever library. `shape`: "json", or "console" for the eye."""

    def __init__(self, shape: str) -> None:
        super().__init__(
            processors=[_worker, _error, _clean, _json if shape == "json" else _console],
            foreign_pre_chain=[
                merge_contextvars,
                add_log_level,
                add_logger_name,
                ExtraAdder(allow=FIELDS),
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        if _is_of_a_request(record):
            record = logging.makeLogRecord({**record.__dict__, "msg": _without_request(record), "args": ()})
        return super().format(record)


class RequestLogMiddleware:
    """Gives each line of a request its id, and the request a line of its own: page, status and how long it took."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        with bound_contextvars(request_id=current_origin().request_id):
            response = self.get_response(request)
            fields = {
                "method": request.method,
                "route": _route(request),
                "status": response.status_code,
                "duration_ms": round((time.monotonic() - started) * 1000),
                **_number(request),
            }
            logger.info("Request answered.", extra=fields)
        return response


def _route(request: HttpRequest) -> str:
    return f"/{request.resolver_match.route}" if request.resolver_match else "(no page)"


def _number(request: HttpRequest) -> dict[str, int]:
    match = request.resolver_match
    name = NUMBERED.get(match.namespace) if match else None
    number = whole(str(match.kwargs.get("pk", ""))) if match else None
    return {name: number} if name and number is not None else {}


def _worker(_: Any, __: str, event: EventDict) -> EventDict:
    """Which process it was, in the words of the audit entries of claims."""
    event["worker"] = f"{_HOST}:{os.getpid()}"
    return event


def _error(_: Any, __: str, event: EventDict) -> EventDict:
    """An error as the types of it and of its causes, each with where it came from, innermost first."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = [_where(each) for each in _causes(error)]
        for each in _causes(error):
            for words in filter(None, (repr(each), str(each))):
                event["event"] = event["event"].replace(words, type(each).__name__)
    return event


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__


def _where(error: BaseException) -> str:
    frames = reversed(traceback.extract_tb(error.__traceback__))
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return " < ".join([f"{type(error).__module__}.{type(error).__qualname__}", *places])


def _is_of_a_request(record: logging.LogRecord) -> bool:
    """Whether a line of a library may quote a request. Those that gunicorn writes of itself are below WARNING."""
    if record.name.startswith("gunicorn."):
        return record.levelno >= logging.WARNING
    return record.name.startswith("django.")


def _without_request(record: logging.LogRecord) -> str:
    """The words of a line without what a request brought: an address, a header, or a part of either.

    Django hands an address over escaped, so it is known by its place in the line and not by its text.
    """
    request = getattr(record, "request", None)
    route = _route(request) if isinstance(request, HttpRequest) else "(address)"
    args = record.args
    if isinstance(args, tuple):
        args = tuple(_hidden(arg, route) if isinstance(arg, str) else arg for arg in args)
    words = str(record.msg) % args if args else str(record.msg)
    return hide_in_text(_QUOTED.sub("…", words[:LONGEST_OF_A_REQUEST]))


def _hidden(text: str, route: str) -> str:
    return route if text.startswith("/") else _ADDRESS.sub("(address)", text[:LONGEST_OF_A_REQUEST])


def _clean(_: Any, __: str, event: EventDict) -> EventDict:
    del event["_record"], event["_from_structlog"]
    return {name: mask(value[:LONGEST]) if isinstance(value, str) else value for name, value in event.items()}


def _json(_: Any, __: str, event: EventDict) -> str:
    first = {name: event.pop(name) for name in ("time", "level", "event", "logger")}
    return json.dumps({**first, **event}, default=str)


def _console(_: Any, __: str, event: EventDict) -> str:
    del event["worker"]
    line = f"{event.pop('time')} {event.pop('level').upper()} {event.pop('logger')}: {event.pop('event')}"
    line += "".join(f" {name}={value}" for name, value in event.items())
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line)
