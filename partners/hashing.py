"""Secrets that the portal makes and only compares: 256 bits, kept as a hash."""

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits, safe in an address (43 characters)."""
    return secrets.token_urlsafe(32)


def sha256(text: str | bytes) -> str:
    """SHA-256 (hex) of a text. A secret of 256 bits needs no slow hash."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return hashlib.sha256(data).hexdigest()
