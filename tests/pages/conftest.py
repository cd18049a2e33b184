import json

import pytest

from tests.portals import log_in, portal

__all__ = ["log_in", "portal"]

MAKE_FILES = "from tests.pages.batch_files import make; make()"


@pytest.fixture(scope="session")
def files(portal):
    """The numbers of the batches of `batch_files`, by name. Their retail users are there too."""
    return json.loads(portal.manage("shell", "--verbosity", "0", "--command", MAKE_FILES))
