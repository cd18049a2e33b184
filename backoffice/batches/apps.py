from django.apps import AppConfig


class BatchesConfig(AppConfig):
    name = "backoffice.batches"
    verbose_name = "Batches"

    def ready(self) -> None:
        from backoffice.batches.pages import statuses
        from backoffice.batches.pages.inbox import QUEUE
        from backoffice.batches.pages.search import find
        from backoffice.changes import inbox
        from backoffice.kit import components, search

        components.add_statuses("batch", statuses.BATCH)
        components.add_statuses("batch_row", statuses.ROW)
        search.register("batches", find)
        inbox.register(QUEUE)
