"""The profile comes encrypted: base64, 16 bytes initial vector, AES-CBC, PKCS#7 (section 5 of the reading)."""

import base64
import binascii
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from backoffice.protocol.findings import DecodeError
from backoffice.protocol.secret import SecretText
from backoffice.rest.api.answers import ProfileRow
from backoffice.rest.api.envelope import Unreadable, parse

BLOCK = 16


def open_profile(text: Any, key: SecretText) -> ProfileRow:
    """The profile in an encrypted text. Raises DecodeError, which never holds a part of it."""
    wrong = DecodeError("The profile cannot be decrypted. Look at REST_PROFILE_KEY.")
    try:
        sealed = base64.b64decode(str(text).encode("ascii"), validate=True)
        decryptor = Cipher(algorithms.AES(key.reveal().encode()), modes.CBC(sealed[:BLOCK])).decryptor()
        padded = decryptor.update(sealed[BLOCK:]) + decryptor.finalize()
        unpadder = padding.PKCS7(BLOCK * 8).unpadder()
        found = parse(unpadder.update(padded) + unpadder.finalize())
    except (ValueError, binascii.Error, Unreadable):
        raise wrong from None
    if not isinstance(found, dict):
        raise wrong
    return ProfileRow(found)
