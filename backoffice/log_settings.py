"""What is logged where, for `logging.config`. `logs.py` writes the lines."""

from typing import Any


def logging_of(*, shape: str, level: str) -> dict[str, Any]:
    """All lines go to standard output: `shape` is json or console, `level` that of our own and of most libraries."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "backoffice.logs.Lines",
                "shape": shape,
            }
        },
        "handlers": {
            "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}
        },
        "root": {
            "handlers": ["stdout"],
            "level": level,
        },
        "loggers": {
            # zeep logs whole envelopes at DEBUG, secrets included: never below INFO.
            "zeep": {"level": "INFO"},
            "urllib3": {"level": "INFO"},
            # Theirs would print lines of another shape: gunicorn's and Django's own handlers go.
            "gunicorn.error": {"handlers": [], "propagate": True},
            "gunicorn.access": {"handlers": [], "propagate": True},
            "django": {"handlers": []},
            "django.server": {"handlers": [], "propagate": True},
            # Several wake-ups a second; a line for each would be noise.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }
