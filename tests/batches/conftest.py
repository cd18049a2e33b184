"""Batches as the tests of submission, approval and delivery need them: checked, with rows at hand."""

import pytest
from django.utils import timezone

from backoffice.batches.models import Batch, Row, RowState, State
from backoffice.delivery.content import content_hash, one
from tests.factories import retail_user_values


def stored_row(batch, number, *parts, state=RowState.GOOD, **columns):
    """One checked row whose messages are `parts`: pairs of message type and values."""
    messages = [{"type": message_type, "values": values} for message_type, values in parts]
    values = parts[0][1]
    return Row(
        batch=batch,
        number=number,
        state=state,
        lane=f"{values['group_id']}/{values['user_id']}",
        **{
            "cells": [str(values.get(name, "")) for name in batch.headers],
            "values": values,
            "messages": messages,
            "owed": [
                [kind, sent.get("reference", ""), content_hash(one(kind, sent))] for kind, sent in parts
            ],
            "content_hash": content_hash(messages),
            **columns,
        },
    )


@pytest.fixture
def checked(maker):
    """Make a checked batch of creations: so many good rows, warned ones and wrong ones, in this order."""

    def make(good=3, warned=0, wrong=0, **columns):
        batch = Batch.objects.create(
            **{
                "kind": "create_retail_user",
                "state": State.CHECKED,
                "file_name": "users.csv",
                "sha256": "0" * 64,
                "size": 1000,
                "headers": ["user_id", "group_id", "name"],
                "mapping": ["user_id", "group_id", "name"],
                "made_by": maker,
                "total_rows": good + warned + wrong,
                "next_row": good + warned + wrong,
                "good": good,
                "warned": warned,
                "wrong": wrong,
                "check_started_at": timezone.now(),
                "checked_at": timezone.now(),
                **columns,
            }
        )
        states = [RowState.GOOD] * good + [RowState.WARNED] * warned + [RowState.WRONG] * wrong
        Row.objects.bulk_create(
            stored_row(
                batch,
                number,
                (301, retail_user_values(user_id=f"U{number:04}", reference=f"REF{number:07}")),
                state=state,
                findings=_findings(state),
                flags=["shared"] if state == RowState.WARNED else [],
            )
            for number, state in enumerate(states, 2)
        )
        return batch

    return make


def _findings(state):
    wrong = {"path": "pan", "text": "PAN is missing. Enter it.", "severity": "error", "rule": "mandatory"}
    warned = {"path": "mobile", "text": "HO/X has it too.", "severity": "warning", "rule": "portal.shared"}
    return [
        {**found, "cleaned": None}
        for found, of in ((wrong, RowState.WRONG), (warned, RowState.WARNED))
        if of == state
    ]


@pytest.fixture
def submitted(checked, maker):
    """Make a submitted batch."""
    from backoffice.batches.decide import decisions

    def make(good=3, mode="valid", **counts):
        return decisions.submit(checked(good, **counts).pk, by=maker, mode=mode, reason="New clients")

    return make
