from django.apps import AppConfig


class OdinConfig(AppConfig):
    name = "backoffice.odin"
    label = "odin"
    verbose_name = "ODIN"
