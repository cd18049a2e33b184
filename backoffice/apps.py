"""The project itself as an app: what belongs to no single business area and must be there from the start."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Makes the Celery application the one that tasks belong to, and registers the checks."""

    name = "backoffice"
    verbose_name = "Portal"

    def ready(self) -> None:
        from backoffice import celery, checks, postgresql  # noqa: F401  # imported for what importing them does
