"""Make ready what `make run` and `make test` need: the virtual environment, var/ and the demonstration's secrets."""

import base64
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VAR = ROOT / "var"
DATABASE = VAR / "portal.sqlite3"


class CannotStart(Exception):
    """Something is missing; the text says what, and what to do."""


def python() -> str:
    """The virtual environment's Python."""
    return str(VENV / "bin" / "python")


def tool(name: str) -> str:
    """A program of the virtual environment."""
    return str(VENV / "bin" / name)


def make_venv(*requirement_files: str) -> None:
    """Make the virtual environment and install these files into it, unless that was done with the same contents.

    Raises CannotStart.
    """
    # pip comes last, so an environment without it is half made: by an interrupted run, or by another Python.
    if not (Path(python()).exists() and Path(tool("pip")).exists()):
        _new_venv()
    for name in requirement_files:
        _install(ROOT / name)


def _new_venv() -> None:
    print("Making the virtual environment in .venv ...", flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True
    )
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise CannotStart(
            f"The virtual environment could not be made:\n{(made.stderr or made.stdout).strip()}\n"
            "Where Python's venv module is missing, Debian has it in the package python3-venv."
        )


def _install(file: Path) -> None:
    stamp = VENV / f"{file.stem}.installed"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing {file.name}; the first time takes a minute ...", flush=True)
    # Errors only: pip's warnings are about the machine's own settings.
    command = [python(), "-m", "pip", "install", "-qq", "--require-hashes", "-r", str(file)]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise CannotStart(
            f"{file.name} could not be installed. Is the network there? Then run the command again."
        )
    try:
        stamp.write_text(digest)
    except OSError as error:
        raise CannotStart(f"Cannot write in {VENV} ({error.strerror}).") from error


def make_var() -> None:
    """Make the folder of everything that comes into being at run time. Raises CannotStart if it cannot be written."""
    try:
        (VAR / "log").mkdir(parents=True, exist_ok=True)
        probe = VAR / ".probe"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"Cannot write in {VAR} ({error.strerror}). Give yourself write permission there, or move the project."
        ) from error


def demonstration(port: int, odin_port: int, rest_port: int, connector_port: int) -> dict[str, str]:
    """The environment of the demonstration. Its secrets are made once, at random, and kept in var/demo.env."""
    odin = f"http://127.0.0.1:{odin_port}/UserCreation.svc"
    return {
        **os.environ,
        **_demonstration_secrets(VAR / "demo.env"),
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "PORTAL_ENVIRONMENT": "DEMO",
        "PORTAL_VAR": str(VAR),
        "DEBUG": "false",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DATABASE_URL": f"sqlite:///{DATABASE}",
        "CELERY_BROKER_URL": "filesystem://localhost",
        "ODIN_SERVICE_URL": f"{odin}/soap",
        "ODIN_WSDL_URL": f"{odin}?singleWsdl",
        "ODIN_DEALER_ID": "RESERVEDPG",
        "ODIN_PASSWORD_MODE": "CBC",
        "REST_BASE_URL": f"http://127.0.0.1:{rest_port}/interactive",
        "SCRIP_MASTER_URL": f"http://127.0.0.1:{rest_port}/scripfiles/v2",
        "REST_SECOND_FACTORS": "TOTP,OTP,FINGERPRINT,REGISTER",
        "ORDER_DESK": "on",
        "PORTAL_URL": f"http://127.0.0.1:{port}",
        **connector_environment(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{connector_port}"),
        "PYTHONUNBUFFERED": "1",
    }


def connector_environment(portal: str, connector: str) -> dict[str, str]:
    """The settings of the Connector for a portal and a stand-in at these addresses."""
    return {
        "CONNECTOR": "on",
        "CONNECTOR_MODELS": "1,2,3",
        "CONNECTOR_BROKER_NAME": "Banyan Securities (demonstration)",
        "CONNECTOR_PUBLIC_URL": portal,
        "CONNECTOR_LANDING_URL": connector,
        "CONNECTOR_VAS_URL": connector,
        "CONNECTOR_BROKERS_URL": connector,
        "CONNECTOR_SYNC_URL": connector,
        "CONNECTOR_KEYS_URL": connector,
        "CONNECTOR_SYNC_BODY": '{"sInitiatorAppToken":"$token","sPartnerId":"$partner_id",'
        '"jEntrySequenceNumber":"$sequence"}',
        "CONNECTOR_SEGMENT_IDS": "plain",
        "CONNECTOR_STATUS_CODES": "S101:ok,F101:failed,C101:failed,I401:invalid",
    }


def _demonstration_secrets(file: Path) -> dict[str, str]:
    """The secrets in the file; one that an older version of the project did not have yet is added to it."""
    made = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PORTAL_SEAL_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ODIN_DEALER_PASSWORD": "D1" + secrets.token_hex(5),
        "ODIN_PASSWORD_KEY": secrets.token_hex(8),
        "REST_API_KEY": secrets.token_hex(16),
        "REST_X_API_KEY": secrets.token_hex(16),
        "REST_PROFILE_KEY": secrets.token_hex(16),
        "CONNECTOR_APPLICATION_TOKEN": secrets.token_hex(16),
    }
    lines = file.read_text().splitlines() if file.exists() else []
    kept = {name: value for name, _, value in (line.partition("=") for line in lines)}
    if added := {name: value for name, value in made.items() if name not in kept}:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as out:
            out.writelines(f"{name}={value}\n" for name, value in added.items())
    return {**made, **kept}
