"""Make ready what `make run` and `make test` need: Python, the virtual environment, var/ and its secrets.

Standard library only, and readable by an old Python as far as the sentence that says which one is needed.
"""

import base64
import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VAR = ROOT / "var"
OLDEST = (3, 11)


class CannotStart(Exception):
    """Something is missing; the text says what, and what to do."""


def check_python(version=sys.version_info):
    """Raises CannotStart with an older Python than the portal runs on."""
    if tuple(version[:2]) < OLDEST:
        raise CannotStart(
            "Python 3.11 or newer is needed; this is %d.%d. Install it, or name it: make run PYTHON=python3.11"
            % tuple(version[:2])
        )


def python() -> str:
    """The virtual environment's Python."""
    return str(VENV / "bin" / "python")


def make_venv(*requirement_files: str) -> None:
    """Make the virtual environment and install these files into it, unless that was done with the same contents."""
    if not Path(python()).exists():
        print("Making the virtual environment in .venv ...", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            raise CannotStart(
                "The virtual environment could not be made: %s\nOn Debian: apt-get install python3-venv"
                % (made.stderr or made.stdout).strip()
            )
    for name in requirement_files:
        _install(ROOT / name)


def _install(file: Path) -> None:
    stamp = VENV / (file.stem + ".installed")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing {file.name} ...", flush=True)
    command = [python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    if subprocess.run([*command, str(file)], cwd=ROOT).returncode:
        raise CannotStart(f"{file.name} could not be installed. Is the network reachable? Run the command again.")
    stamp.write_text(digest)


def make_var() -> None:
    """Make the folder of everything that is made at run time. Raises CannotStart where it cannot be written."""
    try:
        for name in ("log", "broker/queue", "broker/control", "broker/processed"):
            (VAR / name).mkdir(parents=True, exist_ok=True)
        probe = VAR / ".probe"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"Cannot write in {VAR} ({error.strerror}). Give yourself write permission there, or move the project."
        ) from error


def demo_environment(port: int, odin_port: int) -> dict[str, str]:
    """The environment of the demonstration; its secrets are made at random once and kept in var/demo.env."""
    file = VAR / "demo.env"
    if not file.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "PORTAL_SEAL_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "ODIN_DEALER_PASSWORD": "D1" + secrets.token_hex(5),
            "ODIN_PASSWORD_KEY": secrets.token_hex(8),
        }
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.writelines(f"{name}={value}\n" for name, value in made.items())
    kept = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
    odin = f"http://127.0.0.1:{odin_port}/UserCreation.svc"
    return {
        **os.environ,
        **kept,
        "PORTAL_ENVIRONMENT": "DEMO",
        "DEBUG": "false",
        "DATABASE_URL": f"sqlite:///{VAR / 'portal.sqlite3'}",
        "CELERY_BROKER_URL": "filesystem://",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "ODIN_SERVICE_URL": f"{odin}/soap",
        "ODIN_WSDL_URL": f"{odin}?singleWsdl",
        "ODIN_DEALER_ID": "RESERVEDPG",
        "ODIN_PASSWORD_MODE": "CBC",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
