"""`make run` and `make test`. Importing this ends an older Python with a sentence: plain syntax only in this file."""

import sys

OLDEST = (3, 11)
# Before 3.11.5 a TLS peer could pass by the check of its certificate (CVE-2023-40217), and before 3.11.4 urllib.parse
# misread addresses that begin with a space (CVE-2023-24329). The portal leans on both. Distributions fix these without
# a new number, so an older one is named and not refused.
FIXED = (3, 11, 5)


def complaint(version):
    # type: (tuple[int, ...]) -> str
    """What to say to this version of Python; "" if it will do."""
    if tuple(version[:2]) >= OLDEST:
        return ""
    words = "Python {}.{} or newer is needed; found {}.{}. Install it, or name it: make run PYTHON=python3.11"
    return words.format(*(OLDEST + tuple(version[:2])))


def advice(version):
    # type: (tuple[int, ...]) -> str
    """What to check of a version that will do; "" if nothing."""
    if complaint(version) or tuple(version[:3]) >= FIXED:
        return ""
    words = "Check that this Python {}.{}.{} has the security fixes of {}.{}.{}, as distributions add them."
    return words.format(*(tuple(version[:3]) + FIXED))


if complaint(sys.version_info[:3]):
    sys.exit(complaint(sys.version_info[:3]))
if advice(sys.version_info[:3]):
    sys.stderr.write(advice(sys.version_info[:3]) + "\n")
