"""`make run` and `make test`. Importing this ends an older Python with a sentence: plain syntax only in this file."""

import sys

OLDEST = (3, 11)


def complaint(version):
    # type: (tuple[int, ...]) -> str
    """What to say to this version of Python; "" if it will do."""
    if tuple(version[:2]) >= OLDEST:
        return ""
    return "Python {}.{} or newer is needed; found {}.{}. Install it, or name it: make run PYTHON=python3.11".format(
        *(OLDEST + tuple(version[:2]))
    )


if complaint(sys.version_info[:3]):
    sys.exit(complaint(sys.version_info[:3]))
