"""Settings that gunicorn reads at its start: its log lines get the format of all others."""

from backoffice.settings import LOGGING

logconfig_dict = LOGGING
# The portal writes a line for each request itself. Where --access-logfile asks for gunicorn's too, it names no address:
# an address may hold a PAN.
access_log_format = "%(h)s %(m)s %(s)s %(B)s bytes %(M)s ms"
