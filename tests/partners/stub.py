"""The vendor's services as these tests need them: vas-auth, broker list and sync over real HTTP, each answer armed."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Vendor:
    """Answers what the tests arm. `asked`: the bodies that came, by path."""

    def __init__(self):
        self.asked, self.delay, self.good = [], 0, True
        self.sync_answer = b"{}"
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                vendor.asked.append((self.path, json.loads(body)))
                time.sleep(vendor.delay)
                answer = vendor.answer(self.path)
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, path):
        if path.endswith("/sync"):
            return self.sync_answer
        if path.endswith("/odinConnectorBrokerList"):
            rows = [
                {"sPartnerId": "A1B2C3", "sBrokerName": "Sample Broking"},
                {"sPartnerId": "D4E5F6", "name": "Other"},
            ]
            return json.dumps({"success": True, "statusCode": "x", "data": rows, "message": ""}).encode()
        code = "reg-200-043" if self.good else "reg-400-042"
        return json.dumps(
            {"success": self.good, "statusCode": code, "data": None, "message": "", "traceId": "t"}
        ).encode()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
