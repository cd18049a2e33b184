"""Calls of section User: the session of a retail user, the balance, the profile."""

from backoffice.rest.api.answers import BalanceRow, LoginRow, ProfileRow, ValidRow
from backoffice.rest.api.call import Call, Effect
from backoffice.rest.api.codes import LoginType, SecondFactor, Source
from backoffice.rest.api.fields import Code, Nested, Part, Secret, Text
from backoffice.rest.api.rules import devices, second_factor


class DeviceInfo(Part):
    """The device of a mobile login, on newer pages of the vendor."""

    device = Text("Device", max_length=60, omit=True)
    os_version = Text("OS version", max_length=60, omit=True)
    ip_address = Text("IP address", max_length=60, omit=True)


class Login(Call):
    """Open a session with a retail user's own credentials (section Login).

    With second factor REGISTER it opens none: it answers a register token, to be used with login type TOKEN.
    """

    title = "Login"
    method = "POST"
    path = "/authentication/v1/user/session"
    effect = Effect.LOGIN
    session = False
    row = LoginRow
    rules = (second_factor, devices)

    user_id = Text("User id (UCC)", max_length=20, required=True, upper=True)
    login_type = Code("Login type", LoginType, default="PASSWORD")
    password = Secret("Password", required=True)
    second_auth_type = Code("Second factor", SecondFactor, omit=True)
    second_auth = Secret("Second factor value", omit=True)
    api_key = Secret("API key", required=True, from_settings=True)
    source = Code("Source", Source, required=True, from_settings=True)
    udid = Secret("Mobile UDID", key="UDID", omit=True)
    version = Text("Android application version", max_length=20, omit=True)
    ios_version = Text("iOS application version", key="iosversion", max_length=20, omit=True)
    build_version = Text("Build version", max_length=20, omit=True)
    device_info = Nested("Device", DeviceInfo, key="deviceinfo", omit=True)


class Logout(Call):
    """End the session (section Logout)."""

    title = "Logout"
    method = "DELETE"
    path = "/authentication/v1/user/session"


class ValidateSession(Call):
    """Ask whether the access token is valid (section Validate Session)."""

    title = "Validate session"
    method = "PUT"
    path = "/authentication/v1/user/session"
    row = ValidRow


class Balance(Call):
    """Read the balance by segment (section Balance)."""

    title = "Balance"
    method = "GET"
    path = "/authentication/v1/user/balance"
    row = BalanceRow


class Profile(Call):
    """Read the profile, which comes encrypted (section Getting Started, named only)."""

    title = "Profile"
    method = "GET"
    path = "/authentication/v2/user/profile"
    row = ProfileRow
