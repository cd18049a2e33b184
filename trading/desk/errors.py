"""Why something cannot be done at the order desk, in words for people."""

from backoffice.protocol.findings import Finding


class DeskProblem(Exception):
    """The request is not possible; the text says why and what to do next."""


class NotPermitted(DeskProblem):
    """This person may not do this."""


class HasFindings(DeskProblem):
    """The input has errors."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"{len(findings)} errors. Fix them, then send it again.")
        self.findings = findings


class Moved(DeskProblem):
    """The order has changed since the dealer saw it. `changes`: the differences, in words."""

    def __init__(self, changes: list[str]) -> None:
        super().__init__("The order changed since you read it: " + "; ".join(changes) + ". Nothing was sent.")
        self.changes = changes
