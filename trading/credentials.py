"""What a client types to log in at ODIN, as one request has it."""

from dataclasses import dataclass

from django.http import HttpRequest

from backoffice.protocol.secret import SecretText


@dataclass(frozen=True)
class Credentials:
    """What the client typed. It lives in the request's memory and nowhere else (R13)."""

    password: SecretText
    second_factor: SecretText

    def __bool__(self) -> bool:
        """Whether both are there."""
        return bool(self.password and self.second_factor)


def take_credentials(request: HttpRequest) -> Credentials:
    """Take what the client typed out of the request, so that nothing that reads the request later finds it."""
    posted = request.POST.copy()
    password, code = (str(posted.pop(name, [""])[-1]) for name in ("client_password", "client_code"))
    request.POST = posted  # type: ignore[assignment]  # a QueryDict as before
    return Credentials(SecretText(password), SecretText(code.strip()))
