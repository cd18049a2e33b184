"""The files of `deploy/` are what systemd and nginx take, and say the same as the documents."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import requests
from django.conf import settings

from tests.faults.installation import wait_until
from tests.faults.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
SYSTEMD = ROOT / "deploy" / "systemd"
UNITS = sorted(path.name for path in SYSTEMD.glob("portal*"))
#: systemd's own measure, from 0 (nothing is left to take) to 10. An ordinary service has 9.6.
EXPOSURE = 2.0

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="needs systemd-analyze (Debian: apt-get install systemd)"
)


@pytest.fixture
def units(tmp_path):
    """Copy the units with this folder instead of /opt/portal, since systemd looks for the programs."""
    for name in UNITS:
        text = (SYSTEMD / name).read_text().replace("/opt/portal", str(ROOT))
        (tmp_path / name.replace("@", "@1")).write_text(text)
    return tmp_path


@needs_systemd
def test_systemd_takes_the_units(units):
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=one", *map(str, sorted(units.iterdir()))],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_service_can_reach_little_beyond_its_folder(units, name):
    unit = units / name.replace("@", "@1")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
    )
    level = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert level, done.stderr
    assert float(level[1]) <= EXPOSURE


def test_pages_go_before_what_workers_do():
    weights = {name: re.findall(r"^CPUWeight=(\d+)$", (SYSTEMD / name).read_text(), re.M) for name in UNITS}
    assert weights.pop("portal-web.service") == ["500"], "others have 100"
    assert not any(weights.values())


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_service_starts_again_and_has_the_documented_time_to_stop(name):
    text = (SYSTEMD / name).read_text()
    command = re.search(r"^ExecStart=/opt/portal/\.venv/bin/(.*)$", text, re.M)[1]
    document = (ROOT / "docs" / "deployment.md").read_text()
    assert "Restart=always" in text
    assert command.replace(" --hostname worker%i@%%h", "") in document
    if "worker" in name:
        assert f"give the worker {re.search(r'TimeoutStopSec=([0-9]+)', text)[1]} seconds" in document


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx (Debian: apt-get install nginx-light)")
def test_nginx_takes_the_site(tmp_path):
    certificate(tmp_path)
    done = subprocess.run(
        ["nginx", "-t", "-c", str(nginx_configuration(tmp_path, 80, 443, 8000))],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx (Debian: apt-get install nginx-light)")
def test_where_nginx_itself_answers_the_page_says_what_to_do(tmp_path):
    trusted, (plain, tls, nobody) = certificate(tmp_path), (free_port(), free_port(), free_port())
    configuration = str(nginx_configuration(tmp_path, plain, tls, nobody))
    site = f"https://localhost:{tls}/batches/new/cash_deposit/"
    most = int(re.search(r"client_max_body_size ([0-9]+)m", (tmp_path / "portal.conf").read_text())[1])
    with subprocess.Popen(["nginx", "-c", configuration]) as server, requests.Session() as browser:
        browser.trust_env, browser.verify = False, str(trusted)
        try:
            wait_until(lambda: (tmp_path / "nginx.pid").exists(), "nginx runs")
            away = browser.get(site)
            upload = requests.Request("POST", site, data=b"x").prepare()
            upload.headers["Content-Length"] = str((most + 1) << 20)
            too_large = browser.send(upload, verify=str(trusted))
        finally:
            server.terminate()
    assert away.status_code == 502
    assert "Wait a minute, then reload this page." in away.text
    assert too_large.status_code == 413
    assert f"The largest file that can be uploaded has {most - 1} MB." in too_large.text


def test_nginx_passes_on_as_large_an_upload_as_the_portal_takes():
    site = (ROOT / "deploy" / "nginx" / "portal.conf").read_text()
    default = re.search(r"^#BATCH_MAX_MEGABYTES=([0-9]+)", (ROOT / ".env.example").read_text(), re.M)[1]
    assert int(re.search(r"client_max_body_size ([0-9]+)m", site)[1]) == int(default) + 1


def test_the_image_has_every_package_that_is_installed():
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "deploy" / "Containerfile").read_text(), re.M)
    packages = {app.partition(".")[0] for app in settings.INSTALLED_APPS}
    assert {name for name in packages if (ROOT / name).is_dir()} <= set(copied)


def certificate(folder):
    """A certificate for localhost that signs itself. Its path, for clients to trust."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "fullchain.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "fullchain.pem"


def nginx_configuration(folder, plain_port, tls_port, portal_port):
    """The site as it is delivered, with this host's name, ports and folder in it. Its path."""
    site = (ROOT / "deploy" / "nginx" / "portal.conf").read_text()
    for delivered, here in (
        ("portal.example", "localhost"),
        ("/etc/portal/tls", str(folder)),
        ("127.0.0.1:8000", f"127.0.0.1:{portal_port}"),
        ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{tls_port} ssl"),
    ):
        assert delivered in site
        site = site.replace(delivered, here)
    (folder / "portal.conf").write_text(site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    whole = folder / "nginx.conf"
    whole.write_text(
        f"pid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\ndaemon off;\nevents {{}}\n"
        f"http {{\n{temporary}include {folder}/portal.conf;\n}}\n"
    )
    return whole
