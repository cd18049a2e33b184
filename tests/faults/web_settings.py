"""The portal's own settings for a web server of the fault tests: static files need not have been collected."""

from backoffice.settings import *  # noqa: F403
from backoffice.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
