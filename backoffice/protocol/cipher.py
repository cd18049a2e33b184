"""Encryption of passwords on the wire (section 3.4, U10).

AES-128 with the configured key as UTF-8, padded with zero bytes to 16, which are also the initial vector;
base64. ODIN's document names neither mode nor padding: both are settings, and `manage.py odin_cipher_sample`
prints a sample to compare.
"""

import base64
import binascii
from typing import Literal

from cryptography.hazmat.primitives import padding as pad
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from backoffice.protocol.findings import DecodeError, EncodeError
from backoffice.protocol.secret import SecretText

BLOCK = 16

Mode = Literal["CBC", "ECB"]
#: ZERO: zero bytes up to the block, and none after a text that fills its last block.
Padding = Literal["PKCS7", "ZERO"]


class PasswordCipher:
    """Encrypts and decrypts the passwords of one installation.

    `key`: at most 16 bytes as UTF-8, else ValueError.
    """

    def __init__(self, key: str | SecretText, mode: Mode = "CBC", padding: Padding = "PKCS7") -> None:
        raw = (key.reveal() if isinstance(key, SecretText) else key).encode()
        if not 0 < len(raw) <= BLOCK:
            raise ValueError("The password key must have 1 to 16 bytes.")
        if mode not in ("CBC", "ECB") or padding not in ("PKCS7", "ZERO"):
            raise ValueError("The password cipher knows the modes CBC and ECB, the paddings PKCS7 and ZERO.")
        key_bytes = raw.ljust(BLOCK, b"\0")
        self._cipher = Cipher(
            algorithms.AES(key_bytes),
            modes.CBC(key_bytes) if mode == "CBC" else modes.ECB(),  # noqa: S305
        )
        self._zero = padding == "ZERO"
        self.mode = mode

    def __repr__(self) -> str:
        return f"<PasswordCipher {self.mode}>"

    def encrypt(self, secret: SecretText) -> str:
        """Return the encrypted text as base64; "" for an empty secret. Raises EncodeError for an invalid text."""
        try:
            clear = secret.reveal().encode()
        except UnicodeEncodeError:
            # The original error would show the secret.
            raise EncodeError("A password has a character that cannot be encrypted.") from None
        if not clear:
            return ""
        if self._zero:
            padded = clear + b"\0" * (-len(clear) % BLOCK)
        else:
            padder = pad.PKCS7(BLOCK * 8).padder()
            padded = padder.update(clear) + padder.finalize()
        encryptor = self._cipher.encryptor()
        return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()

    def decrypt(self, text: str) -> SecretText:
        """The secret in an encrypted text.

        Raises DecodeError if it was not encrypted with this key, mode and padding.
        """
        if not text:
            return SecretText("")
        try:
            sealed = base64.b64decode(text.encode("ascii"), validate=True)
            decryptor = self._cipher.decryptor()
            padded = decryptor.update(sealed) + decryptor.finalize()
            if self._zero:
                return SecretText(padded.rstrip(b"\0").decode())
            unpadder = pad.PKCS7(BLOCK * 8).unpadder()
            return SecretText((unpadder.update(padded) + unpadder.finalize()).decode())
        except (ValueError, binascii.Error):
            # The error must not contain partly decrypted text.
            raise DecodeError("A password cannot be decrypted with this key, mode and padding.") from None
