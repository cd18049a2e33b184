"""What the tests of the protocol share: a day, a header, a cipher, and findings by path."""

from datetime import date

import pytest

from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.examples import example
from backoffice.protocol.findings import Severity
from backoffice.protocol.message import REQUESTS, Context, check
from backoffice.protocol.secret import SecretText
from backoffice.protocol.wire import Header

TODAY = date(2026, 1, 15)


@pytest.fixture
def header():
    return Header("RESERVEDPG", SecretText("0x01C6694EA406031D48B2AA88FB8CCA"))


@pytest.fixture
def cipher():
    return PasswordCipher("ftUC@123")


@pytest.fixture
def find():
    """Findings of a message's example with some values changed: {path: [finding, ...]}. None takes a value out."""

    def find_(type_, /, *, context=None, **changed):
        values = {**example(REQUESTS[type_]), **changed}
        values = {name: value for name, value in values.items() if value is not None}
        found = {}
        for finding in check(REQUESTS[type_], values, context or Context(TODAY)):
            found.setdefault(finding.path, []).append(finding)
        return found

    return find_


@pytest.fixture
def errors(find):
    """{path: rule} of the ERRORs only."""

    def errors_(type_, /, **changed):
        return _rules(find(type_, **changed), Severity.ERROR)

    return errors_


@pytest.fixture
def warnings(find):
    """{path: rule} of the WARNINGs only."""

    def warnings_(type_, /, **changed):
        return _rules(find(type_, **changed), Severity.WARNING)

    return warnings_


def _rules(found, severity):
    return {
        path: finding.rule
        for path, findings in found.items()
        for finding in findings
        if finding.severity is severity
    }
