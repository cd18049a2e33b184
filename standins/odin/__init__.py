"""The stand-in: this project's own ODIN service, for demonstration, training and tests.

Not the vendor's ODIN. It speaks the same SOAP, checks every message against the protocol's
declarations, keeps its data in a SQLite file of its own, and can be told to misbehave.
Run it with `python -m standins.odin`, or in a test:

    with StandIn(dealer_id="RESERVEDPG", password="...", key="...") as standin:
        client = zeep.Client(standin.url + "?wsdl")
"""

from standins.odin.server import StandIn

__all__ = ["StandIn"]
