"""A small OpenID Connect provider: it confirms whoever the test says."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

CLIENT = "portal"
SECRET = "the-secret-of-the-portal-at-the-provider"


class Provider:
    """Serves on a free port of the loopback address. `claims` is who has logged in there."""

    def __init__(self) -> None:
        self.claims: dict[str, object] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(provider.claims if self.path == "/userinfo" else provider.configuration())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(
                    {"access_token": "token", "token_type": "Bearer", "id_token": provider.id_token()}
                )

            def _answer(self, content: object) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def configuration(self) -> dict[str, object]:
        """What the provider says of itself."""
        ends = ("authorization", "token", "userinfo")
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            **{f"{end}_endpoint": f"{self.url}/{end}" for end in ends},
        }

    def id_token(self) -> str:
        """Who has logged in, signed."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, **self.claims}
        return jwt.encode(claims, SECRET, algorithm="HS256")

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
