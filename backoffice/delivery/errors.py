"""Errors for people who ask something that a delivery does not allow."""


class DeliveryError(Exception):
    """The request cannot be carried out; `words` say why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class ReasonMissing(DeliveryError):
    """The reason is missing or too long."""
