"""What people are told when a delivery does not allow what they asked."""


class DeliveryError(Exception):
    """What was asked cannot be done; `words` say why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
