"""Files that the portal keeps for a time: under random names, for the portal alone, never among what is served."""

import os
import uuid
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from django.conf import settings


class Limit(NamedTuple):
    """How many bytes an uploaded file may have, and the words for a larger one."""

    most: int
    words: str


class Folder:
    """A folder of such files in `var/`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def path_of(self, name: str) -> Path:
        """The file of this name."""
        return Path(settings.VAR_DIR) / self._name / name

    def new_name(self) -> str:
        """Return an unguessable name for a new file; the folder exists."""
        self.path_of("").mkdir(parents=True, exist_ok=True, mode=0o700)
        return uuid.uuid4().hex

    def open(self, name: str, mode: str) -> BinaryIO:
        """Open a file, made for the portal alone where `mode` makes one."""
        return cast("BinaryIO", open(self.path_of(name), mode, opener=_for_the_portal_alone))

    def forget(self, name: str) -> None:
        """Delete a file; one that is gone already is no matter."""
        self.path_of(name).unlink(missing_ok=True)


def _for_the_portal_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
