"""Why something cannot be done at the order desk, in the words of the person who reads them."""

from backoffice.protocol.findings import Finding


class DeskProblem(Exception):
    """What was asked cannot be done; the text says why and what to do next."""


class NotPermitted(DeskProblem):
    """This person may not do this."""


class HasFindings(DeskProblem):
    """What was typed has errors."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"{len(findings)} errors. Fix them, then send it again.")
        self.findings = findings


class Moved(DeskProblem):
    """The order is not as the dealer saw it any more. `changes`: what moved, in words."""

    def __init__(self, changes: list[str]) -> None:
        super().__init__("The order changed since you read it: " + "; ".join(changes) + ". Nothing was sent.")
        self.changes = changes
