"""Celery tasks of notices, run by beat and woken for immediate mails. The work to do is in the database."""

from celery import shared_task

from backoffice.notices import mails, operations


@shared_task
def work_due() -> int:
    """Make the mails that are due and send waiting ones. Returns how many the mail server accepted."""
    mails.compose_due()
    return mails.send_due()


@shared_task
def expire() -> int:
    """Delete expired notices and mails. Returns how many."""
    return operations.expire()
