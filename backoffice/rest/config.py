"""What the client needs to know, typed, from Django's settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.conf import settings

from backoffice.protocol.secret import SecretText
from backoffice.rest.api.call import Call, Terms


@dataclass(frozen=True)
class RestConfig:
    """Where the API is, who asks, how long to wait (seconds) and how much to read (bytes).

    `paths`: method and path of calls where the broker's differ from the declared ones.
    """

    base_url: str
    api_key: SecretText
    x_api_key: SecretText
    source: str = "WEBAPI"
    paths: dict[str, tuple[str, str]] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    profile_key: SecretText = field(default_factory=lambda: SecretText(""))
    connect_timeout: float = 5.0
    total_timeout: float = 20.0
    answer_bytes: int = 2 * 1024 * 1024
    book_bytes: int = 20 * 1024 * 1024

    def at(self, call: type[Call]) -> tuple[str, str]:
        """Method and path of a call."""
        return self.paths.get(call.name, (call.method, call.path))

    def largest(self, call: type[Call]) -> int:
        """How many bytes of a call's answer are read."""
        return self.book_bytes if call.book else self.answer_bytes


_used: ContextVar[RestConfig | None] = ContextVar("rest_config", default=None)


@contextmanager
def using(config: RestConfig) -> Iterator[None]:
    """Let the calls of this block, in this thread alone, go out with another configuration than the settings have."""
    before = _used.set(config)
    try:
        yield
    finally:
        _used.reset(before)


class NotConfigured(Exception):
    """The REST API is not set up."""

    words = "The REST API is not set up: REST_BASE_URL is empty."

    def __init__(self) -> None:
        super().__init__(self.words)


def is_configured() -> bool:
    """Whether the REST API is set up. Without it, pages that need it say so."""
    return bool(settings.REST_BASE_URL)


def rest_config() -> RestConfig:
    """The configuration of the block that is `using` one, else as the settings have it now. Raises NotConfigured."""
    if (used := _used.get()) is not None:
        return used
    if not is_configured():
        raise NotConfigured
    megabyte = 1024 * 1024
    return RestConfig(
        base_url=settings.REST_BASE_URL,
        api_key=SecretText(settings.REST_API_KEY),
        x_api_key=SecretText(settings.REST_X_API_KEY),
        source=settings.REST_SOURCE,
        paths=dict(settings.REST_PATHS),
        terms=Terms(
            second_factors=frozenset(settings.REST_SECOND_FACTORS),
            lots=frozenset(settings.REST_LOTS),
            cover_limit=settings.REST_COVER_LIMIT,
            gtd_query=settings.REST_GTD_CANCEL_QUERY,
        ),
        profile_key=SecretText(settings.REST_PROFILE_KEY),
        connect_timeout=settings.REST_CONNECT_TIMEOUT,
        total_timeout=settings.REST_TOTAL_TIMEOUT,
        answer_bytes=int(settings.REST_ANSWER_MB * megabyte),
        book_bytes=int(settings.REST_BOOK_MB * megabyte),
    )
