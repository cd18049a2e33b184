"""The kinds of change of this room: a module for each, which holds everything about it."""

from partners.kinds import basket, consent, keys, mapping, partner, release

KINDS = (partner.KIND, basket.KIND, release.KIND, mapping.KIND, keys.KIND, consent.KIND)
