"""Setting up: said in sentences where it fails, done once where it works."""

import errno
import hashlib
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from backoffice.protocol.cipher import PasswordCipher
from tools import prepare
from tools.prepare import CannotStart


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder instead of the project's."""
    for name, path in (("ROOT", tmp_path), ("VENV", tmp_path / ".venv"), ("VAR", tmp_path / "var")):
        monkeypatch.setattr(prepare, name, path)
    return tmp_path


@pytest.fixture
def commands(monkeypatch):
    """The commands that would have been run; all go well."""
    ran = []

    def run(command, **options):
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return ran


def test_a_folder_that_cannot_be_written_is_named(project, monkeypatch):
    def refuse(self, *args, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(
        CannotStart, match=r"Cannot write in .*/var \(Permission denied\)\. Give yourself write permission"
    ):
        prepare.make_var()


def test_var_is_a_file_says_so(project):
    (project / "var").write_text("")
    with pytest.raises(CannotStart, match=r"Cannot write in .*/var"):
        prepare.make_var()


def test_requirements_are_installed_when_they_change_and_not_again(project, commands):
    (project / ".venv/bin").mkdir(parents=True)
    for name in ("python", "pip"):
        (project / ".venv/bin" / name).write_text("")
    (project / "requirements.txt").write_text("a==1")
    prepare.make_venv("requirements.txt")
    prepare.make_venv("requirements.txt")
    assert len(commands) == 1
    (project / "requirements.txt").write_text("a==2")
    prepare.make_venv("requirements.txt")
    assert len(commands) == 2
    assert (project / ".venv/requirements.installed").read_text() == hashlib.sha256(b"a==2").hexdigest()


def test_an_installation_that_failed_is_tried_again(project, commands, monkeypatch):
    (project / ".venv/bin").mkdir(parents=True)
    for name in ("python", "pip"):
        (project / ".venv/bin" / name).write_text("")
    (project / "requirements.txt").write_text("a==1")
    monkeypatch.setattr(subprocess, "run", lambda command, **options: subprocess.CompletedProcess(command, 1))
    with pytest.raises(CannotStart, match=r"requirements\.txt could not be installed"):
        prepare.make_venv("requirements.txt")
    assert not (project / ".venv/requirements.installed").exists()


def test_a_python_without_venv_is_told_which_package_has_it_and_leaves_nothing_half_made(
    project, monkeypatch
):
    def fail(command, **options):
        (project / ".venv/bin").mkdir(parents=True)
        return subprocess.CompletedProcess(command, 1, "ensurepip is not available", "")

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(CannotStart, match=r"(?s)ensurepip is not available.*package python3-venv"):
        prepare.make_venv()
    assert not (project / ".venv").exists()


def test_an_environment_whose_making_was_interrupted_is_made_anew(project, commands):
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").write_text("")
    prepare.make_venv()
    assert commands[0][1:4] == ["-m", "venv", "--clear"]


def test_the_demonstrations_secrets_are_made_once_usable_and_readable_by_their_owner_only(project):
    prepare.make_var()
    first, second = (
        prepare.demonstration(8000, 8801, 8802, 8803),
        prepare.demonstration(8000, 8801, 8802, 8803),
    )
    assert first == second
    Fernet(first["PORTAL_SEAL_KEYS"])
    PasswordCipher(first["ODIN_PASSWORD_KEY"])
    assert 6 <= len(first["ODIN_DEALER_PASSWORD"]) <= 12
    assert stat.S_IMODE((project / "var/demo.env").stat().st_mode) == 0o600


def test_a_secret_that_an_older_version_did_not_have_is_added_and_the_others_stay(project):
    prepare.make_var()
    first = prepare.demonstration(8000, 8801, 8802, 8803)
    file = project / "var/demo.env"
    kept = [line for line in file.read_text().splitlines() if not line.startswith("REST_")]
    file.write_text("".join(f"{line}\n" for line in kept))
    second, third = (
        prepare.demonstration(8000, 8801, 8802, 8803),
        prepare.demonstration(8000, 8801, 8802, 8803),
    )
    assert second == third
    assert second["SECRET_KEY"] == first["SECRET_KEY"]
    assert second["REST_API_KEY"] != first["REST_API_KEY"]


def test_the_demonstration_never_leaves_this_machine(project, monkeypatch):
    for name in ("ODIN_SERVICE_URL", "ODIN_WSDL_URL", "REST_BASE_URL", "DATABASE_URL", "CELERY_BROKER_URL"):
        monkeypatch.setenv(name, "https://live.example/")
    prepare.make_var()
    environment = prepare.demonstration(8897, 8899, 8898, 8896)
    assert environment["PORTAL_ENVIRONMENT"] == "DEMO"
    assert environment["ODIN_SERVICE_URL"] == "http://127.0.0.1:8899/UserCreation.svc/soap"
    assert environment["REST_BASE_URL"] == "http://127.0.0.1:8898/interactive"
    assert "live.example" not in str(
        {name: environment[name] for name in ("ODIN_WSDL_URL", "DATABASE_URL", "CELERY_BROKER_URL")}
    )
