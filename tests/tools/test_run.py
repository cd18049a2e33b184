"""`make run` looks before it starts."""

import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tools import run
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


@pytest.fixture
def var(tmp_path, monkeypatch):
    """An empty folder instead of var/, with the static files collected."""
    for name, file in (
        ("VAR", ""),
        ("DATABASE", "portal.sqlite3"),
        ("FILLING", "filling"),
        ("STANDIN", "standin.sqlite3"),
    ):
        monkeypatch.setattr(run, name, tmp_path / file)
    monkeypatch.setattr(run, "COLLECTED", tmp_path / "static.collected")
    monkeypatch.setattr(run, "_static_state", lambda: "")
    (tmp_path / "static.collected").write_text("")
    return tmp_path


@pytest.fixture
def commands(monkeypatch):
    """The commands that would have been run. The one that makes the past does as `fails` says."""
    ran = []

    def fake(command, env, **options):
        ran.append(" ".join(command[1:]))
        if "tools.demonstration" in command:
            folder = Path(env["PORTAL_VAR"])
            assert env["DATABASE_URL"] == f"sqlite:///{folder}/portal.sqlite3"
            (folder / "uploads").mkdir()
            for name in ("portal.sqlite3", "standin.sqlite3"):
                (folder / name).write_text("filled")
        return subprocess.CompletedProcess(command, fake.code)

    fake.code = 0
    monkeypatch.setattr(subprocess, "run", fake)
    ran.append(fake)
    return ran


def test_a_new_database_is_filled_and_put_in_its_place_and_not_again(var, commands, capsys):
    run._set_up({}, 400)
    assert [command for command in commands[1:] if "tools.demonstration" in command] == [
        f"-m tools.demonstration --clients=400 --database={var}/filling/standin.sqlite3"
    ]
    assert (var / "portal.sqlite3").read_text() == (var / "standin.sqlite3").read_text() == "filled"
    assert not (var / "filling").exists()
    run._set_up({}, 400)
    assert sum("tools.demonstration" in str(command) for command in commands[1:]) == 1
    assert commands[-1].endswith(run.SET_UP)
    assert "interrupted" not in capsys.readouterr().out


def test_an_empty_start_makes_no_past(var, commands):
    run._set_up({}, 0)
    assert not any("tools.demonstration" in str(command) for command in commands[1:])
    assert commands[-1].endswith(run.SET_UP)


def test_a_past_that_was_not_finished_is_made_again_from_the_start(var, commands, capsys):
    commands[0].code = 1
    with pytest.raises(CannotStart, match="could not be made"):
        run._set_up({}, 400)
    assert not (var / "portal.sqlite3").exists()
    commands[0].code = 0
    run._set_up({}, 400)
    assert "was interrupted" in capsys.readouterr().out
    assert (var / "portal.sqlite3").exists()
