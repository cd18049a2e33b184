"""Books are read whole, by the number of the page, and never forget to stop."""

import re

import pytest

from backoffice.rest import client


def rows(*numbers):
    return [{"order_id": f"A>{number}", "status": "PENDING"} for number in numbers]


def page(items, total=None):
    found = {"status": "success", "data": items}
    return found if total is None else {**found, "metadata": {"total_records": total}}


def pages_asked(raw):
    return [int(re.search(rb"offset=(\d+)", request)[1]) for request in raw.requests]


def ids(book):
    return [row.order_id for row in book.rows]


@pytest.fixture
def says_pages(raw):
    def say(*bodies):
        import json

        raw.says_pages(*(json.dumps(body).encode() for body in bodies))

    return say


def test_all_pages_up_to_the_total(raw, session, says_pages):
    says_pages(page(rows(1, 2), 5), page(rows(3, 4), 5), page(rows(5), 5))
    book = client.order_book(session)
    assert ids(book) == ["A>1", "A>2", "A>3", "A>4", "A>5"]
    assert (book.complete, book.warning, pages_asked(raw)) == (True, "", [1, 2, 3])
    assert b"limit=200&orderStatus=-1" in raw.requests[0]


def test_without_a_total_up_to_an_empty_page(raw, session, says_pages):
    says_pages(page(rows(1, 2)), page(rows(3)), {"status": "success"})
    assert ids(client.order_book(session)) == ["A>1", "A>2", "A>3"]
    assert pages_asked(raw) == [1, 2, 3]


def test_a_service_that_ignores_the_page_ends_at_a_page_already_seen(raw, session, says_pages):
    says_pages(page(rows(1, 2)))
    book = client.order_book(session)
    assert (ids(book), book.complete, pages_asked(raw)) == (["A>1", "A>2"], True, [1, 2])


def test_fewer_rows_than_the_total_are_not_the_whole_book(raw, session, says_pages):
    says_pages(page(rows(1), 3), page([], 3))
    book = client.order_book(session)
    assert not book.complete
    assert "says 3 rows and has 1" in book.warning


def test_a_row_that_moved_to_the_next_page_counts_once_and_the_last_one_is_not_missed(
    raw, session, says_pages
):
    says_pages(page(rows(2, 1), 3), page(rows(1, 0), 3))
    assert ids(client.order_book(session)) == ["A>2", "A>1", "A>0"]


@pytest.mark.parametrize("total", [None, 110])
def test_a_hundred_pages_at_most_with_a_warning(raw, session, total):
    import json

    from tests.rest.conftest import http

    raw.answer = lambda connection: connection.sendall(
        http(200, json.dumps(page(rows(len(raw.requests)), total)).encode())
    )
    book = client.order_book(session)
    assert (len(book.rows), len(raw.requests), book.complete) == (100, 100, False)
    assert "more than 100 pages" in book.warning


def test_a_page_that_fails_is_the_outcome_and_what_was_read_is_kept(raw, session, says_pages):
    says_pages(page(rows(1), 3), {"status": "error", "message": "No"})
    book = client.order_book(session)
    assert (book.outcome.kind.value, ids(book), book.complete) == ("refused", ["A>1"], False)


def test_trades_of_one_order_and_books_that_come_at_once(raw, session):
    raw.says(200, {"status": "success"})
    client.trades(session, "A>1 &x=y")
    assert b"order_id=A%3E1%20%26x%3Dy " in raw.requests[0]
    client.positions(session, "expiry", combined=True)
    assert b"GET /interactive/transactional/v1/portfolio/positions/expiry?intropStatus=1 " in raw.requests[1]
    assert client.holdings(session).complete
    assert client.history(session, "A>1").complete
    assert len(raw.requests) == 4
