"""Stream XML from outside: no document type, no entities, bounded size."""

from collections.abc import Callable, Iterator
from typing import IO, Any
from xml.parsers import expat

from backoffice.batches.errors import FileProblem
from backoffice.batches.file.archive import DAMAGE, UNREADABLE

#: Bytes read at a time; bytes of one tag, which the parser keeps in memory until it ends.
CHUNK, TOKEN = 1 << 16, 1 << 20
Handler = Callable[..., Any]


class Enough(Exception):
    """Raised by a handler that has found what it needs: the rest is not read."""


def parser(start: Handler, end: Handler) -> Any:
    """Return a parser whose handlers get names as "namespace local"."""
    made = expat.ParserCreate(namespace_separator=" ")
    made.buffer_text = True
    made.StartDoctypeDeclHandler = _refuse
    made.StartElementHandler, made.EndElementHandler = start, end
    return made


def feed(made: Any, stream: IO[bytes], most: int) -> Iterator[None]:
    """Feed a stream to the parser, piece by piece. Raises FileProblem on damage, and beyond `most` bytes."""
    fed = 0
    try:
        while chunk := stream.read(CHUNK):
            fed += len(chunk)
            if fed > most:
                raise FileProblem(
                    "The workbook holds more than a table of texts would. Copy the rows into a new workbook, "
                    "or save it as CSV."
                )
            made.Parse(chunk, False)
            if fed - made.CurrentByteIndex > TOKEN:
                raise FileProblem(UNREADABLE)
            yield
        made.Parse(b"", True)
    except Enough:
        pass
    except (expat.ExpatError, *DAMAGE) as error:
        raise FileProblem(UNREADABLE) from error
    yield


def _refuse(*_: object) -> None:
    raise FileProblem(UNREADABLE)
