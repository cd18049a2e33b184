"""The token check, which the publisher serves (3.3, C13, C14). No public page has its fields: spellings are a table."""

from dataclasses import dataclass

from backoffice.connector.api.reading import Fields, Unreadable, pick
from backoffice.protocol.secret import SecretText

TOKEN = ("token", "sTwoWayToken", "twoWayToken", "sToken")
USER = ("userRefId", "sTpUserId", "sThirdpartyUserId", "tpUserId")
APPLICATION = ("applicationToken", "sApplicationToken", "sAppToken", "sInitiatorAppToken")
#: Our tokens have 43 characters; longer ones are invalid.
_LONGEST = 200

#: Equal for every reason (C13).
GOOD, NOT_GOOD, NOT_READ = "Token valid.", "Token not valid.", "The request cannot be read."


@dataclass(frozen=True)
class TokenCheck:
    """What a check asks. `user_ref`, `application`: "" if the body brings none."""

    token: SecretText
    user_ref: str
    application: SecretText


def read(fields: Fields) -> TokenCheck:
    """The check in the fields of a call. Raises Unreadable without a token."""
    token = pick(fields, TOKEN)
    if not token or len(token) > _LONGEST:
        raise Unreadable("There is no token under a name that is known.")
    return TokenCheck(SecretText(token), pick(fields, USER), SecretText(pick(fields, APPLICATION)))
