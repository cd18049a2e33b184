from django.apps import AppConfig


class MastersConfig(AppConfig):
    name = "backoffice.masters"
    verbose_name = "Master lists"
