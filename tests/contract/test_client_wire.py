"""The client on the wire: its connections, answers that drip, and what it logs."""

import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bridge.errors import Later, Refused
from tests.contract.connected import A1, SHOE, Kept


class Wire(ThreadingHTTPServer):
    """Counts connections; answers with `data: []`, or drips without end where `drip` is set."""

    daemon_threads = True
    connections = dripped = 0
    drip = False

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        token = self.path.startswith("/auth")
        body = b'{"data": [{"access_token": "opaque"}]}' if token else b'{"data": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if token or not self.server.drip else 10_000))
        self.end_headers()
        try:
            self.wfile.write(body)
            while not token and self.server.drip and self.server.dripped < 10_000:
                self.wfile.write(b" ")
                self.server.dripped += 1
                time.sleep(0.01)
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def wire():
    server = Wire(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_one_connection_serves_many_requests(client, wire):
    products = client(Kept(f"http://127.0.0.1:{wire.server_port}"))
    for _ in range(5):
        products.find(A1)

    assert wire.connections == 1


def test_an_answer_that_drips_is_cut_off(client, wire):
    wire.drip = True
    products = client(Kept(f"http://127.0.0.1:{wire.server_port}"), total_s=0.5)

    with pytest.raises(Later, match="no answer"):
        products.find(A1)

    assert wire.dripped < 10_000


def test_what_is_logged_of_a_call_holds_no_key_no_token_no_value_and_no_name(plytix, client, caplog):
    caplog.set_level(logging.INFO)
    products = client()
    shoe = products.create(A1, SHOE)
    products.read(shoe.id)
    with pytest.raises(Refused):
        products.patch(shoe.id, {"weight": "heavy"})

    told = [record.__dict__ for record in caplog.records if record.getMessage() == "Plytix called"]
    assert [(t["method"], t["path"], t["status"]) for t in told] == [
        ("POST", "/auth/api/get-token", 200), ("POST", "/api/v1/products", 201), ("GET", f"/api/v2/products/{shoe.id}", 200),
        ("PATCH", f"/api/v1/products/{shoe.id}", 422)]
    assert all(t["request_id"] and t["duration_ms"] >= 0 and t["got_bytes"] > 0 for t in told)
    assert "Not a valid decimal value" in told[-1]["error"]
    for secret in ("password", "eyJ", "Läufer", "Petra", "etl"):
        assert secret not in str(told)
