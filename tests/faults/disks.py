"""A disk that a test may fill: a small file system in memory."""

import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self


class SmallDisk:
    """Mount this many megabytes, writable for all users. Needs the right to mount."""

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes
        self.folder = Path(tempfile.mkdtemp(prefix="portal-disk-"))

    @staticmethod
    @functools.cache
    def allowed() -> bool:
        """Whether this process may mount one."""
        try:
            with SmallDisk(1):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False

    def __enter__(self) -> Self:
        options = f"size={self._megabytes}m,mode=777"
        try:
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)],
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError):
            self.folder.rmdir()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # Whoever has a file of it open may end a little later.
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
        shutil.rmtree(self.folder)

    def fill(self) -> None:
        """Leave no room."""
        with contextlib.suppress(OSError), open(self.folder / "ballast", "wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)):
                pass

    def free(self) -> None:
        """Make room again."""
        os.unlink(self.folder / "ballast")
