"""The kinds of change of this room: a module for each, which holds everything about it."""

from partners.kinds import basket, mapping, partner, release

KINDS = (partner.KIND, basket.KIND, release.KIND, mapping.KIND)
