"""The stand-in of the ODIN Connector: this project's own service, for demonstration, training and tests.

Not the vendor's. It plays the Connector, VAS, the broker's pages and OMEX. Its constants are typed again from the
public pages, and nothing is shared with the portal, so that a mistake of the portal's shows. Run it with
`python -m standins.connector`, or in a test:

    with ConnectorStandIn(portal="http://127.0.0.1:8000", application_token="...") as standin:
        requests.get(standin.home + "landing/redirect", ...)
"""

from standins.connector.server import ConnectorStandIn

__all__ = ["ConnectorStandIn"]
