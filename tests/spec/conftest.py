"""A header and a cipher, as the tests of the protocol have them."""

from tests.protocol.conftest import cipher, header

__all__ = ["cipher", "header"]
