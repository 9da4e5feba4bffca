"""The simulator as a server: transport, unknown paths, starting and stopping, the command (plytix-api.md §1, §4, §14)."""

import json
import re
import signal
import subprocess
import sys
import threading
from http.client import HTTPConnection

import pytest
import requests
from typer.testing import CliRunner

from local.commands import plytix as command
from local.plytix.server import Simulator
from tests.contract.simulated import Api, error, signed_in

NOWHERE = "64b000000000000000000001"


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


@pytest.mark.parametrize("path", ["v1/nowhere", "v2/attributes/product", "v3/products", "v1/bulk", "v2/jobs", "v1/products/a/b/c/d"])
def test_an_unknown_path_is_a_404(api, path):
    assert error(api.ask("GET", path))[0] == 404


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "v1/products/x"), ("GET", "v1/products"), ("DELETE", "v2/products"), ("OPTIONS", "v2/products")]
)
def test_a_wrong_method_on_a_known_path_is_a_405(api, method, path):
    assert error(api.ask(method, path))[0] == 405


@pytest.mark.parametrize("body", [b"", b"sku=1", b'{"sku": ', b'{"sku": NaN}', b"\xff\xfe"])
def test_a_body_that_is_no_json_is_a_400(api, body):
    status, message, faults = error(api.ask("POST", "v1/products", None, data=body))

    assert (status, faults) == (400, [("http_status_code", 400)])
    assert message.startswith("Failed to decode JSON object: ")


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_a_body_that_is_no_object_is_a_422(api, body):
    assert api.ask("POST", "v2/products", None, data=json.dumps(body)).status_code == 422


def test_jobs_and_the_bulk_job_are_forbidden(api):
    denied = (403, "Permission denied.", [])
    assert error(api.ask("GET", f"v1/jobs/{NOWHERE}")) == denied
    assert error(api.ask("POST", "v1/jobs/search", {})) == denied
    assert error(api.ask("GET", "v1/bulk/products/000000000000000000000000")) == denied
    assert error(api.ask("POST", "v1/bulk/products", {"action": "update", "products": []})) == denied


def test_a_slash_at_the_end_does_no_harm(api):
    assert api.ask("POST", "v1/products/", {"sku": "TR-9"}).status_code == 201
    assert api.ask("POST", "v2/products/search/", {}).status_code == 200


def test_each_answer_has_a_request_id_and_nothing_about_rates(api):
    answers = [api.ask("GET", "v1/filters/product"), api.ask("GET", "v1/nowhere"), api.ask("POST", "v1/products", {})]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    assert api.plytix.log()[-1]["request_id"] == answers[-1].headers["x-request-id"]
    assert not [name for answer in answers for name in answer.headers if "rate" in name.lower()]


def test_one_connection_serves_many_requests(api):
    line = HTTPConnection(api.plytix.url.removeprefix("http://"), timeout=10)
    line.connect()
    first = line.sock
    for _ in range(3):
        line.request("GET", "/_sim/state")
        assert line.getresponse().read()
        assert line.sock is first
    line.close()


def test_umlauts_and_long_texts_travel_unharmed(api):
    text = "Größe – „schön“ 😀 " * 5_000

    assert api.create("ÄÖ-1", attributes={"notes": text})["attributes"]["notes"] == text
    assert api.found(filters=[[{"field": "sku", "operator": "in", "value": ["ÄÖ-1"]}]])[0]["sku"] == "ÄÖ-1"


def test_two_simulators_know_nothing_of_each_other(api):
    with signed_in() as other:
        other.create("TR-9")

        assert api.found() == []
        api.session.headers["Authorization"] = other.session.headers["Authorization"]
        assert api.ask("GET", "v1/filters/product").status_code == 401


def test_a_stopped_simulator_leaves_no_thread_and_no_port_and_can_start_again_where_it_was():
    before = set(threading.enumerate())
    simulator = Simulator()
    url = simulator.start()
    api = Api(simulator)
    api.create("TR-9")

    simulator.stop()

    assert not {thread for thread in threading.enumerate() if thread.is_alive()} - before
    with pytest.raises(requests.ConnectionError):
        api.token()
    assert simulator.start(port=int(url.rpartition(":")[2])) == url
    assert [row["sku"] for row in api.found()] == ["TR-9"]
    simulator.stop()
    api.session.close()


def test_a_simulator_is_started_once_only():
    with Simulator() as simulator, pytest.raises(RuntimeError, match="serves already"):
        simulator.start()


def test_a_waiting_request_does_not_hold_up_the_end():
    outcome = []

    def wait():
        try:
            outcome.append(api.ask("GET", "v1/filters/product").status_code)
        except requests.ConnectionError:
            outcome.append("line closed")

    with signed_in() as api:
        api.plytix.latency(60)
        waiting = threading.Thread(target=wait)
        waiting.start()
    waiting.join(timeout=9)

    assert outcome == ["line closed"]


@pytest.mark.parametrize("start", [["-m", "local.plytix"], ["-c", "from local.commands import plytix; plytix()", "serve"]])
def test_the_command_serves_tells_where_and_ends_with_ctrl_c(start):
    options = ["--port", "0", "--plan", "free", "--key", "mine", "--password", "secret"]
    served = subprocess.Popen([sys.executable, *start, *options], stdout=subprocess.PIPE, text=True)
    try:
        told = ""
        while "control" not in told:
            line = served.stdout.readline()
            assert line, f"it ended, having told: {told}"
            told += line
        url = next(word for word in told.split() if word.startswith("http://127.0.0.1:"))
        answer = requests.post(f"{url}/auth/api/get-token", json={"api_key": "mine", "api_password": "secret"}, timeout=10)
        served.send_signal(signal.SIGINT)
        rest, _ = served.communicate(timeout=10)
    finally:
        served.kill()
        served.wait()

    assert answer.status_code == 200
    assert re.search(r"API key\W+mine\W+API password\W+secret", told), told
    assert "free" in told
    assert served.returncode == 0
    assert "stopped" in rest


def test_the_command_explains_itself_with_an_example():
    told = CliRunner().invoke(command, ["serve", "--help"]).output

    assert "bridge plytix serve --port 8090 --plan free" in told


def test_a_slash_at_the_end_may_lead_elsewhere_and_then_the_token_is_lost(api):
    api.plytix.manners(slashes="redirect")

    answer = api.ask("POST", "v1/products/?all_attributes=true", {"sku": "TR-9"}, allow_redirects=False)

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{api.plytix.url.replace('127.0.0.1', 'localhost')}/api/v1/products?all_attributes=true"
    assert api.ask("GET", "v1/filters/product/").json() == {"error": {"msg": "Missing Authorization Header"}}
    assert api.ask("GET", "v1/filters/product").status_code == 200
    assert api.plytix.dump() == []
    with pytest.raises(ValueError, match="'maybe' is not a valid Slashes"):
        api.plytix.manners(slashes="maybe")


def test_a_body_without_a_length_is_refused_and_not_taken_for_a_request(api):
    answer = api.ask("POST", "v1/products", None, data=iter([b'{"sku": ', b'"A-1"}']))

    assert answer.status_code == 411
    assert api.plytix.dump() == []
