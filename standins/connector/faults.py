"""Faults: armed on the page, over HTTP (`POST /faults`) or with `ConnectorStandIn.faults.add(...)`.

A fault strikes as often as it was armed for, and is then removed.
"""

from dataclasses import dataclass

from standins.arming import ArmedFaults, check_name, check_numbers

FAULTS = {
    "forged_token": "Has a made-up token checked in place of the publisher's.",
    "reused_token": "Has the token checked twice, and notes whether the second check was refused.",
    "late_token": "Holds the check of the token at the landing until a button is pressed.",
    "unknown_partner": "Asks for the basket with an unknown Partner ID.",
    "suspended_partner": "Asks for the basket with a Partner ID that is suspended.",
    "wrong_auth_code": "Asks for the basket with an AuthCode that was never made.",
    "vas_auth_slow": "Answers the check of an AuthCode after the given seconds.",
    "vas_auth_down": "Answers the check of an AuthCode with 503.",
    "callback_lost": "Does not send the browser to the callback.",
    "callback_twice": "Has the browser deliver the callback twice.",
    "callback_forged_echo": "Changes the echo object of the basket's callback.",
    "callback_contradicting": "Has the browser deliver two basket callbacks: a success, then a failure.",
    "session_of_another": "Puts the session and ids of another client into the login's callback.",
    "no_trading_user": "Leaves sTradingUserId out of the login's callback.",
    "webhook_twice": "Delivers an order message twice.",
    "webhook_out_of_order": "Delivers an order message after the next one.",
    "webhook_same_sequence": "Delivers a second message with the same number and other content.",
    "webhook_unknown_reco": "Delivers an order message with an unknown Reco ID.",
    "webhook_garbage": "Delivers bytes that are not JSON in place of an order message.",
    "webhook_lost": "Does not deliver an order message; only sync has it.",
    "keys_foreign_endpoint": "Gives an endpoint at a foreign address with the API keys.",
    "keys_slow": "Answers the call for API keys after the given seconds.",
    "keys_garbage": "Answers the call for API keys with a text that is not JSON.",
    "keys_refused": "Refuses the call for API keys.",
    "pause_between_lines": "Waits for the given seconds after the first line of a basket is placed.",
}


@dataclass
class Armed:
    """A fault that waits for its occasion. `times`: how often still; -1: always."""

    id: int
    fault: str
    times: int = 1
    seconds: float = 0.0


class Faults(ArmedFaults[Armed]):
    """The faults armed at present, in the order in which they were armed."""

    def add(self, name: str, *, times: int = 1, seconds: float = 0.0) -> Armed:
        """Arm a fault. Raises BadFault."""
        check_name(name, FAULTS)
        check_numbers(times, seconds, "occasions")
        return self._arm(lambda id_: Armed(id_, name, times, float(seconds)))

    def take(self, name: str) -> Armed | None:
        """The fault of this name, counted down. None if it is not armed."""
        return self._take(lambda armed: armed.fault == name)
