"""odin_check says in words what is right and wrong; neither command prints a secret."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from backoffice.odin import session
from backoffice.odin.models import DealerSession
from backoffice.protocol.cipher import PasswordCipher

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_good_configuration_passes_every_step(odin, capsys):
    call_command("odin_check")
    said = capsys.readouterr().out
    for words in (
        "WSDL is read",
        "Every message has its operation",
        "Logged on",
        "periodicity list was read",
    ):
        assert words in said


def test_a_host_that_cannot_be_reached_is_named_with_its_setting(settings):
    settings.ODIN_WSDL_URL = "http://127.0.0.1:9/UserCreation.svc?singleWsdl"
    with pytest.raises(CommandError, match="ODIN_WSDL_URL"):
        call_command("odin_check")


@pytest.fixture
def described_as(odin, settings):
    """Let the stand-in describe itself in another shape, at ?wsdl."""

    def describe(shape):
        odin.wsdl_shape = shape
        settings.ODIN_WSDL_URL = f"{odin.url}?wsdl"

    return describe


def test_t1_the_check_passes_on_a_wsdl_that_a_host_splits(described_as, capsys):
    described_as("wcf_split")
    call_command("odin_check")
    assert "ODIN can be used" in capsys.readouterr().out


@pytest.mark.parametrize(("shape", "words"), [("other_host", "odin-inside"), ("help_page", "web page")])
def test_t1_the_check_says_which_wsdl_to_use_instead(described_as, shape, words):
    described_as(shape)
    with pytest.raises(CommandError, match=rf"{words}.*\?singleWsdl.*ODIN_WSDL_URL"):
        call_command("odin_check")


def test_a_missing_operation_is_named_with_the_message_it_is_for(odin, settings):
    settings.ODIN_OPERATIONS = {301: "MakeUser"}
    with pytest.raises(CommandError, match=r"MakeUser \(for 301\).*ODIN_OPERATIONS"):
        call_command("odin_check")


def test_a_wrong_dealer_password_is_said_and_not_printed(odin, settings):
    settings.ODIN_DEALER_PASSWORD = "Wrong42pass"
    with pytest.raises(CommandError, match="ODIN_DEALER_PASSWORD") as raised:
        call_command("odin_check")
    assert "Wrong42pass" not in str(raised.value)


def test_a_read_that_fails_is_not_passed_over(odin):
    odin.faults.add("garbage", match={"type": 318})
    with pytest.raises(CommandError, match="periodicity list"):
        call_command("odin_check")


def test_the_check_logs_off_only_what_it_logged_on_itself(odin):
    call_command("odin_check")
    assert DealerSession.objects.get().state == "logged_off"
    number = session.current().number
    call_command("odin_check")
    assert session.current().number == number


def test_the_check_logs_off_after_a_read_that_failed(odin):
    odin.faults.add("garbage", match={"type": 318})
    with pytest.raises(CommandError):
        call_command("odin_check")
    assert DealerSession.objects.get().state == "logged_off"


@pytest.mark.parametrize(("mode", "padding"), [("CBC", "PKCS7"), ("ECB", "PKCS7"), ("CBC", "ZERO")])
def test_u10_the_sample_is_encrypted_as_configured(settings, capsys, mode, padding):
    settings.ODIN_PASSWORD_MODE, settings.ODIN_PASSWORD_PADDING = mode, padding
    call_command("odin_cipher_sample", "Hello123")
    said = capsys.readouterr().out
    cipher_text = said.split("Cipher text: ")[1].split()[0]
    cipher = PasswordCipher(settings.ODIN_PASSWORD_KEY, mode, padding)
    assert cipher.decrypt(cipher_text).reveal() == "Hello123"
    assert settings.ODIN_PASSWORD_KEY not in said
