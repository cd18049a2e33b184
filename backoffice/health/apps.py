from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "backoffice.health"
    verbose_name = "Health"
