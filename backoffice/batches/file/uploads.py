"""Storage of uploaded files: random names, readable by the portal alone, outside what is served."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from django.conf import settings

from backoffice.batches.errors import FileProblem
from backoffice.files import Folder, Limit

FILES = Folder("uploads")
LONGEST_NAME = 120
#: What a file's name may contain besides letters, digits and the marks of Indian scripts.
KEPT = " ._()-"


@dataclass(frozen=True)
class Stored:
    """A stored file: its name in the folder, SHA-256 (hex) and size in bytes."""

    name: str
    sha256: str
    size: int


def limit() -> Limit:
    """Return how large a file may be."""
    most = settings.BATCH_MAX_MEGABYTES
    return Limit(
        int(most * 1_000_000), f"The file is larger than {most:g} MB. Split it and upload the parts."
    )


def store(chunks: Iterable[bytes]) -> Stored:
    """Write a file under a random name. Raises FileProblem if it is empty or too large; nothing stays then."""
    name = FILES.new_name()
    most, words = limit()
    digest, size = hashlib.sha256(), 0
    try:
        with FILES.open(name, "xb") as out:
            for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise FileProblem(words)
                digest.update(chunk)
                out.write(chunk)
        if not size:
            raise FileProblem("The file is empty. Choose the file that has the rows.")
    except BaseException:
        forget(name)
        raise
    return Stored(name, digest.hexdigest(), size)


def path_of(name: str) -> Path:
    """Return the path of the file with this name."""
    return FILES.path_of(name)


def forget(name: str) -> None:
    """Delete a stored file, if it still exists."""
    FILES.forget(name)


def clean_name(given: str) -> str:
    """Return a file's own name without folders and without characters special to a shell, browser or log."""
    last = PureWindowsPath(PurePosixPath(given).name).name
    name = re.sub("\0+", "_", "".join(one if _may_stay(one) else "\0" for one in last)).strip(". ") or "file"
    stem, dot, ending = name.rpartition(".")
    left = LONGEST_NAME - len(ending) - 1
    return f"{stem[:left]}.{ending}" if dot and stem and left > 0 else name[:LONGEST_NAME]


def _may_stay(character: str) -> bool:
    return character.isalnum() or character in KEPT or unicodedata.category(character).startswith("M")
