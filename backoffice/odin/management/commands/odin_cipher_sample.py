"""Print the cipher text of a sample, so that a desk can compare it with the vendor's (U10)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.config import odin_config
from backoffice.protocol.fields import SecretText

SAMPLE = "Sample123"


class Command(BaseCommand):
    """Prints the cipher text of a sample, never the key."""

    help = "Print a sample text encrypted with the configured password key, mode and padding."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", nargs="?", default=SAMPLE, help="not a password that is in use")

    def handle(self, *args: Any, **options: Any) -> None:
        config = odin_config()
        try:
            cipher = config.cipher()
        except ValueError as error:
            raise CommandError(f"ODIN_PASSWORD_KEY cannot be used: {error}") from error
        self.stdout.write(f"Text:        {options['text']}")
        self.stdout.write(
            f"Mode:        AES-128, {config.password_mode} (ODIN_PASSWORD_MODE), "
            f"{config.password_padding} (ODIN_PASSWORD_PADDING), base64"
        )
        self.stdout.write(f"Cipher text: {cipher.encrypt(SecretText(options['text']))}")
        self.stdout.write(
            "Where the vendor's tool prints another text, the key, the mode or the padding differs."
        )
