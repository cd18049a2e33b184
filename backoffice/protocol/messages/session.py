"""The dealer's session: 101, 102, 108, 109 (sections 4.1 to 4.4)."""

from backoffice.protocol import codes
from backoffice.protocol.fields import Code, Secret, Text
from backoffice.protocol.message import Repeat, Request, Response


class Logon(Request):
    """Opens the session of the reserved dealer (section 4.1)."""

    type = 101
    title = "Dealer logon"
    operation = "Login"
    reply = 102
    repeat = Repeat.SESSION
    session = False
    checksum = False

    password = Secret(68, "Password", required=True, example="Dealer@123")
    new_password = Secret(69, "New password", help="Only to change the password, or where it has expired.")
    connection_type = Code(
        51, "Connection type", codes.ConnectionType, required=True, initial="4", example="4"
    )
    transaction_id = Text(
        391,
        "Logon transaction id",
        max_length=30,
        required=True,
        help="Dealer id, hyphen, ddMMyyHHmmss in India's time (M5).",
        example="RESERVEDPG-150917140515",
    )
    client_ip = Text(395, "Client IP address", max_length=45, required=True, example="127.0.0.1")
    force_login = Code(5005, "Force login", codes.ForceLogin, omit_empty=True)


class LogonReply(Response):
    """Answers 101; tag 70 says how it went (section 4.2)."""

    type = 102

    status = Code(70, "Logon status", codes.LogonStatus)
    text = Text(19, "Logon message")
    session_id = Secret(4, "Session id")
    days_to_expiry = Text(97, "Days to expiry")
    group_id = Text(300, "Group id")
    last_logon = Text(326, "Last logon time")
    message_time = Text(66, "Message time")


class Logoff(Request):
    """Ends the dealer's session (section 4.3)."""

    type = 108
    title = "Dealer logoff"
    operation = "LogOff"
    reply = 109
    repeat = Repeat.SESSION
    checksum = False


class LogoffReply(Response):
    """Answers 108; it has no code (section 4.4)."""

    type = 109

    text = Text(19, "Logoff message")
