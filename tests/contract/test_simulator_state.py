"""The simulated Plytix kept in a file, the same in each run, and its history (plytix-api.md §11.4, §14; issue: save and load)."""

import json
import signal
import subprocess
import sys

import pytest
import requests

from local.plytix.remote import Remote
from local.plytix.server import Simulator
from tests.contract.simulated import CATALOGUE, SHOE, Api, signed_in


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


def furnish(api):
    """Something of each kind."""
    root = api.one("POST", "v1/categories/product", {"name": "Shoes"})["id"]
    low = api.one("POST", f"v1/categories/product/{root}", {"name": "Low"})["id"]
    photos = api.one("POST", "v1/categories/file", {"name": "Photos"})["id"]
    picture = api.one("POST", "v1/assets", {"filename": "a.png", "content": "UE5H"})["id"]
    api.one("PATCH", f"v1/assets/{picture}", {"categories": [{"id": photos}]})
    family = api.one("POST", "v1/product_families", {"name": "Shoes", "parent_attributes": [{"label": "material"}]})["id"]
    relationship = api.one("POST", "v1/relationships", {"name": "Spare parts"})["id"]
    api.one("POST", "v1/attribute-groups/product", {"name": "Look", "attribute_labels": ["colour"]})
    parent, other = api.create("P", attributes=SHOE, categories=[{"id": low}], thumbnail={"id": picture}), api.create("O")
    api.one("POST", f"v1/products/{parent['id']}/family", {"product_family_id": family})
    api.one("POST", f"v1/products/{parent['id']}/variants", {"variant": {"sku": "V", "attributes": {"material": "Cork"}}})
    body = {"product_relationships": [{"product_id": other["id"], "quantity": 2}]}
    api.one("POST", f"v1/products/{parent['id']}/relationships/{relationship}", body)


def submitted(api, *rows):
    return api.one("POST", "v1/bulk/products", {"action": "update", "products": list(rows)})["id"]


def polled(api, job):
    return api.one("GET", f"v1/bulk/products/{job}")


def shown(api):
    """All that the API tells of the account."""
    resources = ("attributes/product", "attribute-groups/product", "product_families", "relationships", "categories/product",
                 "categories/file", "assets")  # fmt: skip
    columns = {"assets": ["filename", "categories", "file_size", "modified"], "attributes/product": ["label", "options", "groups"]}
    rows = {r: api.ask("POST", f"v1/{r}/search", {"attributes": columns.get(r, ["name"])}).json()["data"] for r in resources}
    return rows, api.plytix.dump(), api.plytix.changes(), api.one("GET", "v1/filters/product")


def test_what_was_saved_is_all_there_again_in_another_process(api, tmp_path):
    furnish(api)
    Remote(api.plytix.url).call("save", path=str(tmp_path / "plytix.json"))
    before = shown(api)

    with Simulator() as other:
        Remote(other.url).call("load", path=str(tmp_path / "plytix.json"))
        again = Api(other)
        assert shown(again) == before
        thumbnail = other.product("P")["thumbnail"]["id"]
        assert requests.get(f"{other.url}/picture/{thumbnail}", timeout=10).content == b"PNG"
        new = again.create("N", attributes={"colour": "Red"})
        assert new["id"] > max(product["id"] for product in before[1])
        assert again.ask("POST", "v1/products", {"sku": "P"}).status_code == 409
        parent = other.product("P")
        again.one("PATCH", f"v1/products/{parent['id']}", {"label": "New"})
        assert other.changes(sku="P")[-1]["fields"] == {"label": [None, "New"]}
        again.session.close()


def test_what_was_promised_for_later_has_happened_in_the_file(api, tmp_path):
    api.create("A-1", attributes={"pieces": 1})
    attribute = next(row["id"] for row in api.ask("POST", "v1/attributes/product/search", {"attributes": ["label"]}).json()["data"]
                     if row["label"] == "pieces")  # fmt: skip
    api.plytix.lag(60)
    assert api.ask("DELETE", f"v1/attributes/product/{attribute}").status_code == 202

    api.plytix.save(str(tmp_path / "plytix.json"))

    assert json.loads((tmp_path / "plytix.json").read_text())["products"][0]["attributes"] == {}


def test_a_bulk_job_that_ran_goes_on_and_one_that_has_ended_is_still_told(api, tmp_path):
    api.plytix.products([{"sku": "A-1"}, {"sku": "A-2"}])
    api.plytix.bulk(late_polls=0)
    ended = submitted(api, {"sku": "A-1", "data": {"label": "Old"}}, {"sku": "NOPE", "data": {}})
    api.plytix.bulk(running_s=60, counters_s=30, late_polls=1)
    runs = submitted(api, {"sku": "A-1", "data": {"label": "New"}}, {"sku": "A-2", "data": {"status": "Done"}})
    api.plytix.advance(40)
    told = polled(api, ended)
    Remote(api.plytix.url).call("save", path=str(tmp_path / "plytix.json"))
    assert polled(api, runs)["status"] == "In progress"  # nor has saving ended it

    with Simulator() as other:
        Remote(other.url).call("load", path=str(tmp_path / "plytix.json"))
        again = Api(other)
        assert (polled(again, ended), polled(again, runs)["status"], other.product("A-1")["label"]) == (told, "In progress", "Old")
        other.advance(15)  # of 60 s, 40 had passed
        assert polled(again, runs)["status"] == "In progress"
        other.advance(5)
        finished = polled(again, runs)
        assert (finished["status"], finished["summary"]["ok"], other.product("A-1")["label"]) == ("Finished", "0", "New")
        assert other.product("A-1")["modified"] > api.plytix.product("A-1")["modified"]
        other.advance(30)
        assert polled(again, runs)["summary"] == {"ok": "1", "error": "1", "cancelled": "0"}
        other.save(str(tmp_path / "again.json"))
        other.load(str(tmp_path / "again.json"))
        assert polled(again, runs)["errors"][0]["sku"] == "A-2"
        again.session.close()


def test_what_is_special_about_an_account_is_kept_and_what_belongs_to_a_server_is_not(api, tmp_path):
    id = api.create("A-1")["id"]
    picture = api.one("POST", "v1/assets", {"filename": "a.png", "content": "UE5H"})["id"]
    api.plytix.bulk()
    api.plytix.manners(links="strings", empties="values")
    api.plytix.normalise("label", ["upper"])
    api.plytix.use(picture)
    api.plytix.most_bytes(200)
    api.plytix.lag(5)
    api.plytix.plan("paid")
    api.plytix.outage("503")
    api.plytix.save(str(tmp_path / "plytix.json"))
    held = (api.plytix.manners(), api.plytix.tokens.actor, api.plytix.tokens.account_id)

    with Simulator() as other:
        other.load(str(tmp_path / "plytix.json"))
        again = Api(other)
        assert (other.manners(), other.tokens.actor, other.tokens.account_id) == held
        assert again.ask("GET", f"v1/bulk/products/{id}").status_code == 404  # 403 were not entitled
        assert again.one("PATCH", f"v1/products/{id}", {"label": "new"})["label"] == "NEW"
        assert again.ask("PATCH", f"v1/products/{id}", {"label": "x" * 200}).status_code == 413
        assert again.ask("DELETE", f"v1/assets/{picture}").status_code == 403
        assert (other.store.lag_s, other.state()["plan"], len(other.log())) == (0, "off", 5)
        again.session.close()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"form": 1}', '{"form": 2, "products": [{}]}'])
def test_a_file_that_holds_no_account_changes_nothing(api, tmp_path, content):
    api.create("A-1")
    (tmp_path / "plytix.json").write_text(content)

    with pytest.raises(ValueError, match="holds no account of the simulator"):
        Remote(api.plytix.url).call("load", path=str(tmp_path / "plytix.json"))
    with pytest.raises(ValueError, match="holds no account"):
        api.plytix.load(str(tmp_path / "missing.json"))

    assert [product["sku"] for product in api.plytix.dump()] == ["A-1"]


def test_a_seed_gives_the_same_ids_in_each_run_and_another_one_others():
    runs = []
    for seed in (7, 7, 8, None):
        with Simulator(seed=seed) as plytix:
            plytix.attributes(CATALOGUE)
            api = Api(plytix)
            furnish(api)
            answer = api.ask("GET", "v1/filters/product")
            runs.append(([product["id"] for product in plytix.dump()], plytix.tokens.actor, answer.headers["x-request-id"]))
            api.session.close()

    assert runs[0] == runs[1]
    assert runs[0][0] == sorted(runs[0][0])
    assert not set(runs[0][0]) & set(runs[2][0])
    assert not set(runs[0][0]) & set(runs[3][0])


def test_the_history_tells_who_changed_what_when_and_what_stood_before(api):
    id = api.create("A-1", attributes={"pieces": 1})["id"]
    api.one("PATCH", f"v1/products/{id}", {"label": "New", "attributes": {"pieces": 2, "colour": "Red"}})
    api.one("PATCH", f"v1/products/{id}", {"label": "New"})
    api.plytix.edit("A-1", {"attributes": {"pieces": None}})
    api.plytix.rename("A-1", "B-1")
    api.plytix.delete("B-1")

    changes = api.plytix.changes(sku="B-1")

    assert [(c["sku"], c["what"], c["by"]["type"], c["fields"]) for c in changes] == [
        ("A-1", "created", "API", {}),
        ("A-1", "changed", "API", {"label": [None, "New"], "attributes.pieces": [1, 2], "attributes.colour": [None, "Red"]}),
        ("A-1", "changed", "USER", {"attributes.pieces": [2, None]}),
        ("B-1", "changed", "USER", {"sku": ["A-1", "B-1"]}),
        ("B-1", "deleted", "USER", {}),
    ]  # fmt: skip
    assert [c["at"] for c in changes] == sorted({c["at"] for c in changes})


def test_links_stand_in_the_history_too(api):
    furnish(api)
    parent = api.plytix.product("P")
    category = parent["categories"][0]["id"]
    api.ask("DELETE", f"v1/products/{parent['id']}/categories/{category}")
    other, relationship = api.plytix.product("O")["id"], parent["relationships"][0]["relationship_id"]
    api.ask("DELETE", f"v2/products/{parent['id']}/relationships/{relationship}", {"product_relationships": [other]})
    api.one("POST", f"v1/products/{parent['id']}/assets", {"id": parent["thumbnail"]["id"], "attribute_label": "hero"})

    latest = [change["fields"] for change in api.plytix.changes(sku="P")][-3:]

    assert latest == [
        {"categories": [[category], []]}, {"relationships.spare_parts": [{other: 2}, {}]},
        {"attributes.hero": [None, [parent["thumbnail"]["id"]]]},
    ]  # fmt: skip


def test_the_command_goes_on_from_its_file_and_saves_into_it_at_the_end(tmp_path):
    state = tmp_path / "plytix.json"
    for known, more in (([], ["--bulk"]), (["A-0"], [])):
        served = subprocess.Popen([sys.executable, "-m", "local.plytix", "--state", str(state), "--plan", "off", *more],
                                  stdout=subprocess.PIPE, text=True)  # fmt: skip
        try:
            told = ""
            while "control" not in told:
                line = served.stdout.readline()
                assert line, f"it ended, having told: {told}"
                told += line
            remote = Remote(next(word for word in told.split() if word.startswith("http://127.0.0.1:")))
            assert [product["sku"] for product in remote.call("dump")] == known
            remote.call("products", products=[{"sku": f"A-{len(known)}"}])
            assert requests.get(f"{remote.url}/", timeout=10).ok
            served.send_signal(signal.SIGTERM)
            served.communicate(timeout=10)
        finally:
            served.kill()
            served.wait()
        assert served.returncode == 0

    held = json.loads(state.read_text())
    assert ([product["sku"] for product in held["products"]], held["customs"]["entitled"]) == (["A-0", "A-1"], True)
