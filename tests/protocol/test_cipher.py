"""Passwords on the wire (U10). The expected texts come from OpenSSL's command line, not from this project."""

import pytest

from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.findings import DecodeError
from backoffice.protocol.secret import SecretText

KEY, KEY_2 = "ftUC@123", "@63MOONS1FTODIN9"


@pytest.mark.parametrize(
    ("key", "mode", "padding", "clear", "text"),
    [
        (KEY, "CBC", "PKCS7", "Pass@123", "5Doyhbgtc7mjh7i0yDGjFg=="),
        (KEY, "ECB", "PKCS7", "Pass@123", "OKDvLEt8Mmf5+RJErLfACg=="),
        (KEY, "CBC", "PKCS7", "Abcdef@12345", "wRrygaSOEIrAabKFwz8KTg=="),
        (KEY_2, "CBC", "PKCS7", "Pass@123", "c1GYrVjr4M+1XUbssdpu+w=="),
        (KEY_2, "ECB", "PKCS7", "Pass@123", "fXrW05SFNgRAAZbrZBBFZQ=="),
        (KEY_2, "CBC", "PKCS7", "Abcdef@12345", "94gZU5r4bm1BV+2ZQlVXAg=="),
        (KEY, "CBC", "ZERO", "Pass@123", "QdziQaWyXfK+BWeeU64Gjw=="),
    ],
)
def test_agrees_with_openssl_both_ways(key, mode, padding, clear, text):
    cipher = PasswordCipher(key, mode, padding)
    assert cipher.encrypt(SecretText(clear)) == text
    assert cipher.decrypt(text) == SecretText(clear)


def test_twelve_characters_make_the_24_that_the_document_allows(cipher):
    assert len(cipher.encrypt(SecretText("x" * 12))) == 24


def test_nothing_stays_nothing(cipher):
    assert cipher.encrypt(SecretText("")) == ""
    assert cipher.decrypt("") == SecretText("")


@pytest.mark.parametrize(
    "text", ["x", "AAAA", "not base64!", "é", "5Doyhbgtc7mjh7i0yDGjFg", "AAAAAAAAAAAAAAAAAAAAAA=="]
)
def test_what_was_not_encrypted_with_this_key_is_refused(cipher, text):
    with pytest.raises(DecodeError):
        cipher.decrypt(text)


@pytest.mark.parametrize("key", ["", "x" * 17, "é" * 9])
def test_a_key_has_1_to_16_bytes(key):
    with pytest.raises(ValueError, match="1 to 16 bytes"):
        PasswordCipher(key)


def test_unknown_modes_are_refused():
    with pytest.raises(ValueError, match="modes"):
        PasswordCipher(KEY, "GCM")


def test_the_key_may_be_a_secret_and_is_not_shown():
    cipher = PasswordCipher(SecretText(KEY))
    assert cipher.encrypt(SecretText("Pass@123")) == "5Doyhbgtc7mjh7i0yDGjFg=="
    assert KEY not in repr(cipher)
