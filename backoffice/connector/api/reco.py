"""Reco IDs: six signs, random, without look-alikes (C6)."""

import secrets

LENGTH = 6
#: 0-9 and A-Z without 0, O, 1, I and L (C55).
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_reco_id() -> str:
    """A Reco ID at random. The caller's database keeps it unique."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
