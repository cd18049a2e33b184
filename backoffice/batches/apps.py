from django.apps import AppConfig


class BatchesConfig(AppConfig):
    name = "backoffice.batches"
    verbose_name = "Batches"

    def ready(self) -> None:
        from backoffice.batches import statuses
        from backoffice.batches.inbox import QUEUE
        from backoffice.batches.search import find
        from backoffice.changes import inbox
        from backoffice.screens import components, search

        components.add_statuses("batch", statuses.BATCH)
        components.add_statuses("batch_row", statuses.ROW)
        search.register("batches", find)
        inbox.register(QUEUE)
