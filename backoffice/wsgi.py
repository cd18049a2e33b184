"""The WSGI application that gunicorn serves."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup(set_prefix=False)

from backoffice.incoming import Application  # noqa: E402  # it needs the settings

application = Application()
