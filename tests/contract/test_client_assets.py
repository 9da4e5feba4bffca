"""The client uploads assets, finds them again, changes them (plytix-api.md §8)."""

import pytest

from bridge.adapters.plytix.assets import Assets
from bridge.errors import Changed, Refused

JPEG, OTHER = b"\xff\xd8\xff one", b"\xff\xd8\xff another"
URL = "https://example.com/hero.jpg"
NOBODY = "f" * 24


@pytest.fixture
def assets(account):
    return Assets(account.session)


def test_an_asset_is_uploaded_by_url_and_the_same_one_again_gives_its_id(account, assets):
    first, again = assets.upload(URL), assets.upload(URL)

    assert (first.new, again.new, again.id) == (True, False, first.id)
    assert account.plytix.counts()["changed"] == {"asset.create": 1}
    asset = assets.read(first.id)
    assert (asset.filename, asset.extension, asset.file_type, asset.status) == ("hero.jpg", "jpg", "IMAGES", "ACTIVE")
    assert asset.url.endswith("/hero.jpg")


def test_a_file_of_our_own_is_uploaded_under_its_name(assets):
    first = assets.upload_content("größe & maß.jpg", JPEG)

    assert assets.read(first.id).filename == "größe & maß.jpg"
    assert assets.upload_content("other name.jpg", JPEG) == type(first)(first.id, new=False)
    assert assets.upload_content("other name.jpg", OTHER).new


def test_a_content_is_replaced_and_keeps_its_id(account, assets):
    id = assets.upload_content("hero.jpg", JPEG).id
    account.plytix.lag(0)

    assets.replace(id, "größe.jpg", OTHER)

    replaced = assets.read(id)
    assert (replaced.filename, replaced.file_size) == ("hero.jpg", len(OTHER))
    assert assets.upload_content("hero.jpg", OTHER).id == id, "it is this file now"


def test_a_content_of_another_format_is_refused(assets):
    id = assets.upload_content("hero.jpg", JPEG).id

    with pytest.raises(Refused) as refused:
        assets.replace(id, "hero.pdf", b"%PDF-1.7")
    assert refused.value.fields == {"content_type": "You cannot change the format type of the asset."}


def test_what_plytix_does_not_take_is_refused_by_its_field(assets):
    with pytest.raises(Refused) as refused:
        assets.upload_content("setup.exe", b"MZ")
    assert "filename" in refused.value.fields
    with pytest.raises(Refused):
        assets.upload("ftp://example.com/hero.jpg")


def test_an_asset_is_renamed_but_for_its_ending_and_filed(account, assets):
    id = assets.upload(URL).id
    boots = account.api.one("POST", "v1/categories/file", {"name": "Boots"})["id"]

    assert assets.rename(id, "front.jpg").filename == "front.jpg"
    assert assets.file_under(id, [boots]).categories == [boots]
    assert assets.file_under(id, []).categories == []
    with pytest.raises(Refused):
        assets.rename(id, "front.png")


def test_assets_are_found_by_their_exact_names_a_hundred_names_a_request(account, assets):
    ids = {n: assets.upload(f"https://example.com/{n}.jpg").id for n in range(3)}
    assets.upload("https://example.com/other/HERO.jpg")
    hero = assets.upload(URL).id
    account.plytix.clear_log()

    found = assets.named([*(f"{n}.jpg" for n in range(3)), *(f"missing {n}.jpg" for n in range(150)), "hero.jpg", "hero.jpg"])

    assert sorted(asset.id for asset in found) == sorted([*ids.values(), hero])
    assert account.plytix.counts()["kinds"] == {"asset.search": 2}


def test_an_asset_that_is_gone_is_none_and_cannot_be_changed(assets):
    assert assets.read(NOBODY) is None
    with pytest.raises(Changed):
        assets.rename(NOBODY, "front.jpg")
    with pytest.raises(Changed):
        assets.replace(NOBODY, "front.jpg", JPEG)


def test_a_409_without_an_id_is_no_asset(account, assets):
    account.plytix.refuse(409, kind="asset.create", body={"error": {"msg": "Asset already exists", "errors": []}})

    with pytest.raises(Changed):
        assets.upload(URL)
