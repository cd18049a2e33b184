"""The kinds of change of this room."""

from trading.kinds import release

KINDS = (release.KIND,)
