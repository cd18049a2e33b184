from tests.portals import log_in, portal

__all__ = ["log_in", "portal"]
