from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "backoffice.kit"
    label = "kit"
    verbose_name = "What pages share"
