"""What the portal needs to know to speak to ODIN, typed, from Django's settings."""

from dataclasses import dataclass
from typing import cast

from django.conf import settings

from backoffice.protocol.cipher import Mode, Padding, PasswordCipher
from backoffice.protocol.fields import SecretText


@dataclass(frozen=True)
class OdinConfig:
    """Where ODIN is, who the dealer is, and how long to wait (seconds).

    `operations` maps message types to operation names where they differ from the protocol's defaults (T2).
    """

    service_url: str
    wsdl_url: str
    dealer_id: str
    dealer_password: SecretText
    password_key: SecretText
    password_mode: Mode
    password_padding: Padding
    operations: dict[int, str]
    client_ip: str = "127.0.0.1"
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    total_timeout: float = 30.0
    force_login: bool = False
    new_limit_structure: bool = True

    def cipher(self) -> PasswordCipher:
        """Return the encryption of passwords on the wire (U10). Raises ValueError for an unusable key."""
        return PasswordCipher(self.password_key, self.password_mode, self.password_padding)


def odin_config() -> OdinConfig:
    """The configuration as the settings have it now."""
    return OdinConfig(
        service_url=settings.ODIN_SERVICE_URL,
        wsdl_url=settings.ODIN_WSDL_URL,
        dealer_id=settings.ODIN_DEALER_ID,
        dealer_password=SecretText(settings.ODIN_DEALER_PASSWORD),
        password_key=SecretText(settings.ODIN_PASSWORD_KEY),
        password_mode=cast(Mode, settings.ODIN_PASSWORD_MODE),
        password_padding=cast(Padding, settings.ODIN_PASSWORD_PADDING),
        operations=dict(settings.ODIN_OPERATIONS),
        client_ip=settings.ODIN_CLIENT_IP,
        connect_timeout=settings.ODIN_CONNECT_TIMEOUT,
        read_timeout=settings.ODIN_READ_TIMEOUT,
        total_timeout=settings.ODIN_TOTAL_TIMEOUT,
        force_login=settings.ODIN_FORCE_LOGIN,
        new_limit_structure=settings.ODIN_NEW_LIMIT_STRUCTURE,
    )
