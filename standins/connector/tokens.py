"""The check of a two-way token, which the publisher serves."""

import secrets
from dataclasses import dataclass, field

from standins.connector.calls import Answer, Calls
from standins.connector.faults import Faults
from standins.connector.publishers import Publisher


@dataclass(frozen=True)
class Checked:
    """The outcome of a check. `words`: why the token is not good; `slips`: what the publisher did wrong."""

    good: bool
    words: str = ""
    slips: list[str] = field(default_factory=list)


class Tokens:
    """Asks publishers whether a token is theirs."""

    def __init__(self, calls: Calls, faults: Faults) -> None:
        self._calls = calls
        self._faults = faults

    def check(self, publisher: Publisher, token: str, user_ref: str = "") -> Checked:
        """Have a token checked. `user_ref`: the publisher's own id of the user, "" if none was named."""
        if self._faults.take("forged_token"):
            token = secrets.token_urlsafe(32)
        checked = _read(self._ask(publisher, token, user_ref))
        if self._faults.take("reused_token") and _read(self._ask(publisher, token, user_ref)).good:
            checked.slips.append("The publisher accepted the same token twice.")
        return checked

    def _ask(self, publisher: Publisher, token: str, user_ref: str) -> Answer:
        named = {"userRefId": user_ref} if user_ref else {}
        body = {"token": token, **named, "applicationToken": publisher.application_token}
        return self._calls.post("token check", publisher.token_check_url, body)


def _read(answer: Answer) -> Checked:
    document = answer.document()
    if document is None:
        return Checked(False, answer.words or f"HTTP {answer.status}, and the answer is not a JSON object.")
    good = document.get("success") is True and answer.status == 200
    slips = [] if isinstance(document.get("success"), bool) else ["success is neither true nor false."]
    if document.get("success") is True and answer.status != 200:
        slips.append(f"The token is said to be good with HTTP status {answer.status}.")
    return Checked(good, "" if good else str(document.get("message") or f"HTTP {answer.status}")[:300], slips)
