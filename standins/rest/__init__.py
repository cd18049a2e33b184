"""The stand-in of ODIN's REST API: this project's own service, for demonstration, training and tests.

Not the vendor's. Its constants are typed again from the reading of the document, and nothing is shared with the client,
so that a mistake of the client's shows. Run it with `python -m standins.rest`, or in a test:

    with RestStandIn(api_key="...", x_api_key="...") as standin:
        requests.post(standin.base + "/authentication/v1/user/session", ...)
"""

from standins.rest.server import RestStandIn

__all__ = ["RestStandIn"]
