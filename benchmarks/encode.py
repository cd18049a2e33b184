"""Encoding a full 301 (two banks, one demat account, MF UCC), beside simplefix building as many fields, in
one run.

.venv/bin/python benchmarks/encode.py

Ours: separator, length and code checks of every value and sub-field, and the checksum. simplefix: append_pair
for each pair of the same message, and encode, with its own checksum. simplefix gets its values joined already
and checks none.
"""

import argparse
import sys
import timeit
from collections.abc import Callable
from pathlib import Path

import simplefix

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from backoffice.protocol import wire
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.secret import SecretText

ROUNDS, MESSAGES = 7, 5000


def seconds(function: Callable[[], object]) -> float:
    """Seconds a message takes, the best of several rounds."""
    return min(timeit.repeat(function, number=MESSAGES, repeat=ROUNDS)) / MESSAGES


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    header = wire.Header("RESERVEDPG", SecretText("0x01C6694EA406031D48B2AA88FB8CCA"))
    cipher = PasswordCipher("ftUC@123")
    with_password = example(CreateRetailUser)
    values = {**with_password, "password": ""}
    text = wire.encode(CreateRetailUser, values, header)
    # FIX has version and type in tags 8 and 35; length and checksum (9 and 10) simplefix adds itself.
    pairs = [(8, "FT1.0"), (35, "301"), *wire.split(text)[2:-1]]

    def peer() -> bytes:
        message = simplefix.FixMessage()
        for tag, value in pairs:
            message.append_pair(tag, value)
        return bytes(message.encode())

    leaves = len(pairs) + sum(v.count(",") + v.count("$") for tag, v in pairs if tag in (224, 225, 232))
    print(f"301 with {len(pairs)} tags ({leaves} values with sub-fields), {len(text)} characters")
    ours, theirs = seconds(lambda: wire.encode(CreateRetailUser, values, header)), seconds(peer)
    encrypted = seconds(lambda: wire.encode(CreateRetailUser, with_password, header, cipher))
    for name, each in (
        ("this project", ours),
        ("simplefix", theirs),
        ("this project, password encrypted", encrypted),
    ):
        print(f"{name:34}{each * 1e6:8.1f} us {1 / each:10,.0f} messages/s")
    print(f"ratio to simplefix: {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
