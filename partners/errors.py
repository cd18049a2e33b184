"""Why something could not be done, in the words of the person who reads them."""

from backoffice.protocol.findings import Finding


class ConnectorProblem(Exception):
    """The request is not possible; the text says why and what to do next."""

    @property
    def words(self) -> str:
        """The text for a page."""
        return str(self)


class NotPermitted(ConnectorProblem):
    """This person may not do this."""


class HasFindings(ConnectorProblem):
    """A basket has findings that are errors."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"The basket has {len(findings)} errors. Fix them, then submit it.")
        self.findings = findings
