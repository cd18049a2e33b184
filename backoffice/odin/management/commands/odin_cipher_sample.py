"""Print the cipher text of a sample, so that a desk can compare it with the vendor's (U10)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.config import odin_config
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.fields import SecretText

SAMPLE = "Sample123"


class Command(BaseCommand):
    """Prints the cipher text of a sample, never the key."""

    help = "Print a sample text encrypted with the configured password key and mode."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", nargs="?", default=SAMPLE, help="not a password that is in use")

    def handle(self, *args: Any, **options: Any) -> None:
        config = odin_config()
        try:
            cipher = PasswordCipher(config.password_key.reveal(), config.password_mode)
        except ValueError as error:
            raise CommandError(f"ODIN_PASSWORD_KEY cannot be used: {error}") from error
        self.stdout.write(f"Text:        {options['text']}")
        self.stdout.write(
            f"Mode:        {config.password_mode} (ODIN_PASSWORD_MODE), AES-128, PKCS#7, base64"
        )
        self.stdout.write(f"Cipher text: {cipher.encrypt(SecretText(options['text']))}")
        self.stdout.write("Where the vendor's tool prints another text, the key or the mode differs.")
