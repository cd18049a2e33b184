"""Celery tasks of notices, run by beat and woken by what is sent at once. What is to be done is in the database."""

from celery import shared_task

from backoffice.notices import mails, operations


@shared_task
def work_due() -> int:
    """Make the mails that are due and send those that wait. Returns how many the mail server accepted."""
    mails.compose_due()
    return mails.send_due()


@shared_task
def expire() -> int:
    """Delete notices and mails whose time is over. Returns how many."""
    return operations.expire()
