from tests.portals import chromium, log_in, portal

__all__ = ["chromium", "log_in", "portal"]
