"""gunicorn reads this by itself: its own lines have the shape of all others."""

from backoffice.settings import LOGGING

logconfig_dict = LOGGING
