"""`make run` looks before it starts."""

import socket
import sqlite3

import pytest

from tools.prepare import CannotStart
from tools.run import check_database, check_port


@pytest.fixture
def taken():
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_in_use_is_named_with_the_way_out(taken):
    with pytest.raises(CannotStart) as told:
        check_port(taken, "PORT")
    assert str(told.value) == (
        f"Port {taken} is in use: stop what uses it, or run `make run PORT={taken + 1}`."
    )


def test_a_port_that_was_just_left_is_free_again(taken):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    check_port(port, "PORT")


@pytest.mark.parametrize("port", [65536, 99999])
def test_a_number_that_is_no_port_is_refused(port):
    with pytest.raises(CannotStart, match=f"ODIN_PORT={port} is not a port"):
        check_port(port, "ODIN_PORT")


def a_database(path, *migrations):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE django_migrations (app text, name text)")
        connection.executemany("INSERT INTO django_migrations VALUES (?, ?)", migrations)
    return path


def test_the_database_of_an_older_version_is_named_with_what_to_do(tmp_path):
    old = a_database(tmp_path / "portal.sqlite3", ("auth", "0012_any"), ("staff", "0002_rights"))
    with pytest.raises(CannotStart, match="older version: delete that folder and run the command again"):
        check_database(old)


def test_a_database_of_this_version_and_none_at_all_are_used(tmp_path):
    check_database(a_database(tmp_path / "portal.sqlite3", ("auth", "0012_any"), ("staff", "0001_initial")))
    check_database(tmp_path / "not-made-yet.sqlite3")
