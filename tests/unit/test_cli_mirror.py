"""`bridge mirror`: how well Plytix is known is told at each stage, and a refresh is made when somebody asks for it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from bridge.adapters.schemas import Schemas
from bridge.domain.product import Schema
from cli import aws
from cli.moment import since
from tests.unit.cloud import Cloud

SAMPLE = Path(__file__).parents[2] / "config"
NOW = 1_800_000_000_000  # 2027-01-15T08:00:00Z
LOADED = {"since": {"S": f"{NOW:013d}"}, "loaded_at": {"S": "2027-01-15T08:00:00.000+00:00"}, "schema": {"S": "s1"},
          "refreshed_at": {"S": "2027-01-15T08:05:00.000+00:00"}, "census": {"N": str(NOW)}, "bulk": {"BOOL": False}}
LOADING = {"since": {"S": f"{NOW:013d}"}, "page": {"N": "12"}}


class Lambda:
    """`refresh`, which brings the mirror's item to what it is said to bring it to."""

    def __init__(self, cloud):
        self.cloud, self.calls, self.answer, self.brings = cloud, [], {"listed": 3, "read": 2, "sent": 1}, LOADED

    def invoke(self, FunctionName, Payload):
        self.calls.append((FunctionName, json.loads(Payload)))
        stands(self.cloud, self.brings)
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode())}


@pytest.fixture
def cloud(monkeypatch):
    cloud = Cloud()
    cloud.stacks["bridge-processing"]["RefreshFunction"] = "the-refresh"
    functions = cloud.functions = Lambda(cloud)
    monkeypatch.setattr(aws, "client", lambda service: functions if service == "lambda" else getattr(cloud, service))
    cloud.done("writes", "on")
    return cloud


def stands(cloud, item):
    cloud.dynamodb.items["mirror", "state"] = {"f": {"N": "1"}, **item}


def told(cloud, *words):
    """By the word that begins the line."""
    return {line[:14].strip(): line[15:] for line in cloud.done("mirror", *words).splitlines()}


def test_before_the_first_load_it_says_that_it_comes_by_itself(cloud):
    assert list(told(cloud)) == ["first load"]
    assert told(cloud)["first load"].startswith("not begun: it begins by itself")
    assert json.loads(cloud.done("mirror", "--json")) == {
        "loaded": "", "loading": None, "refreshed": "", "census": "", "bulk": None, "schema": None}


def test_a_first_load_under_way_says_how_far_it_is(cloud):
    stands(cloud, LOADING)

    assert told(cloud)["first load"].startswith("under way since 2027-01-15T08:00:00Z (")
    assert told(cloud)["first load"].endswith("at page 12, of a hundred products each")
    assert json.loads(cloud.done("mirror", "--json"))["loading"] == {"since": "2027-01-15T08:00:00Z", "page": 12}


def test_a_mirror_that_is_loaded_says_of_when_it_is_and_what_the_account_has(cloud):
    stands(cloud, LOADED)
    Schemas(cloud.s3, "work").store(Schema("s1", {"colour": "DropdownAttribute"}))

    said = told(cloud)

    assert said["first load"] == "complete since 2027-01-15T08:00:00Z"
    assert said["last refresh"].startswith("2027-01-15T08:05:00Z (")
    assert said["last census"].startswith("2027-01-15T08:00:00Z (")
    assert said["bulk jobs"] == "the account has none: a changed product is a request"
    assert said["schema"] == "1 attribute, version s1"
    assert cloud.functions.calls == []


def test_a_census_that_is_still_to_come_is_told_so(cloud):
    stands(cloud, LOADED | {"census": {"N": "1"}})

    assert told(cloud)["last census"] == "none yet"
    assert json.loads(cloud.done("mirror", "--json"))["census"] == ""


def test_a_refresh_that_is_asked_for_tells_what_it_did(cloud):
    stands(cloud, LOADED)
    cloud.functions.brings = LOADED | {"refreshed_at": {"S": "2027-01-15T08:09:00.000+00:00"}}

    said = told(cloud, "--refresh")

    assert cloud.functions.calls == [("the-refresh", {"now": True})]
    assert said["refreshed"] == "3 products changed of late in Plytix, 2 read anew, 1 out of step and on the way to be brought in step"
    assert said["last refresh"].startswith("2027-01-15T08:09:00Z")
    assert json.loads(cloud.done("mirror", "--refresh", "--json"))["refresh"] == {"listed": 3, "read": 2, "sent": 1}


@pytest.mark.parametrize(("answer", "says"), [
    ({}, "Nothing was refreshed: another refresh is under way"),
    ({"stopped": "the key is refused"}, "The refresh had to stop: the key is refused. What it read by then counts"),
], ids=["another is at it", "it had to stop"])
def test_a_refresh_that_could_not_end_says_why(cloud, answer, says):
    stands(cloud, LOADED)
    cloud.functions.answer = answer

    result = cloud.run("mirror", "--refresh")

    assert (result.exit_code, says in result.output) == (1, True)
    assert "first load" in result.output


def test_what_refresh_failed_at_is_told_in_a_line(cloud):
    cloud.functions.answer = {"errorType": "Stop", "errorMessage": "no configuration has been applied"}

    result = cloud.run("mirror", "--refresh")

    assert (result.exit_code, result.output) == (1, "no configuration has been applied\n")


@pytest.mark.parametrize(("ago_s", "said"), [(0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (7_199, "1 hour"),
                                             (7_200, "2 hours"), (86_400, "1 day"), (-5, "0 seconds")])
def test_how_long_ago_is_told_in_one_measure(ago_s, said):
    assert since(NOW, NOW + ago_s * 1000) == f"2027-01-15T08:00:00Z ({said} ago)"
