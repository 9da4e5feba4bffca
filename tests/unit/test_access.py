"""What a partner sees and may do after login, and from where he may come at all."""

import json
from fnmatch import fnmatchcase

import pytest

from bridge.configuration import Partner
from bridge.domain.access import LONGEST_POLICY, Place, admitted, answer, directories, policy

PLACE = Place("exchange", "arn:aws:iam::111122223333:role/partner", "arn:aws:kms:eu-central-1:111122223333:key/abc")


def a_partner(**settings) -> Partner:
    return Partner.model_validate({"name": "Acme Shoes", **settings})


def test_a_partner_finds_his_five_folders_and_nothing_else():
    assert directories("acme", a_partner(), "exchange") == {
        "/inbox": "/exchange/acme/inbox", "/outbox": "/exchange/acme/outbox", "/receipts": "/exchange/acme/receipts",
        "/corrections": "/exchange/acme/corrections", "/templates": "/exchange/acme/templates"}


def test_an_old_system_finds_the_inbox_where_it_always_was():
    mappings = directories("acme", a_partner(paths={"/export": "inbox", "/von/sap": "outbox"}), "exchange")

    assert mappings["/export"] == mappings["/inbox"] == "/exchange/acme/inbox"
    assert mappings["/von/sap"] == "/exchange/acme/outbox"


def test_the_answer_is_in_the_form_that_transfer_family_reads():
    told = answer("acme", a_partner(), PLACE)

    assert told["Role"] == PLACE.role
    assert told["HomeDirectoryType"] == "LOGICAL"
    assert isinstance(told["HomeDirectoryDetails"], str)
    assert isinstance(told["Policy"], str)
    assert {"Entry": "/inbox", "Target": "/exchange/acme/inbox"} in json.loads(told["HomeDirectoryDetails"])
    assert not any(mapping["Target"].endswith("/") for mapping in json.loads(told["HomeDirectoryDetails"]))


def test_keys_are_told_only_when_he_comes_with_a_key():
    assert "PublicKeys" not in answer("acme", a_partner(), PLACE)
    assert answer("acme", a_partner(), PLACE, ("ssh-ed25519 AAAA",))["PublicKeys"] == ["ssh-ed25519 AAAA"]


def test_a_change_of_one_answer_changes_no_other():
    answer("acme", a_partner(), PLACE)["Role"] = "somebody else's"

    assert answer("acme", a_partner(), PLACE)["Role"] == PLACE.role


# --- the session policy, as IAM would judge it ------------------------------------------------------------------------

def may(action: str, key: str, name: str = "acme") -> bool:
    """Allowed by one statement and denied by none; enough of IAM for a policy without conditions on objects."""
    arn, effects = f"arn:aws:s3:::exchange/{key}", set()
    for statement in json.loads(policy(name, PLACE))["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if action in actions and fnmatchcase(arn, statement["Resource"]):
            effects.add(statement["Effect"])
    return effects == {"Allow"}


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject"])
def test_he_may_write_and_delete_files_in_his_inbox_alone(action):
    assert may(action, "acme/inbox/prices/today.csv")
    for folder in ("outbox/catalogue", "receipts", "corrections", "templates"):
        assert not may(action, f"acme/{folder}/today.csv")


@pytest.mark.parametrize("folder", ["inbox/prices", "outbox/catalogue", "receipts", "corrections", "templates"])
def test_he_may_read_all_that_is_his(folder):
    assert may("s3:GetObject", f"acme/{folder}/today.csv")


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_another_partner_is_out_of_reach_even_one_whose_name_begins_like_his(action):
    assert not may(action, "acme-north/inbox/prices/today.csv")
    assert not may(action, "bigmart/inbox/prices/today.csv")


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject"])
@pytest.mark.parametrize("folder", ["acme/inbox/", "acme/inbox/mine/", "acme/inbox/prices/mine/"])
def test_he_can_neither_make_folders_nor_take_them_away(action, folder):
    assert not may(action, folder)


def test_earlier_versions_of_a_file_he_cannot_destroy():
    assert not may("s3:DeleteObjectVersion", "acme/inbox/prices/today.csv")


def test_listing_is_open_below_his_own_folder_only():
    listing = next(s for s in json.loads(policy("acme", PLACE))["Statement"] if s["Action"] == "s3:ListBucket")

    assert listing["Condition"] == {"StringLike": {"s3:prefix": "acme/*"}}


def test_the_policy_fits_whatever_the_names_are():
    longest = Place("b" * 63, "arn:aws-us-gov:iam::111122223333:role/" + "r" * 64,
                    "arn:aws-us-gov:kms:us-gov-east-1:111122223333:key/" + "k" * 36)

    assert len(policy("p" * 63, longest)) <= LONGEST_POLICY
    assert "arn:aws-us-gov:s3:::" in policy("p" * 63, longest)


# --- where from, and over what ----------------------------------------------------------------------------------------

def test_a_protocol_that_the_partner_does_not_have_is_refused():
    partner = a_partner(protocols=["sftp", "ftps"])

    assert admitted(partner, "SFTP", "203.0.113.7")
    assert admitted(partner, "FTPS", "203.0.113.7")
    assert not admitted(partner, "FTP", "203.0.113.7")


@pytest.mark.parametrize(("address", "welcome"), [
    ("203.0.113.7", True), ("203.0.114.7", False), ("2001:db8::1", True), ("2001:db9::1", False),
    ("::ffff:203.0.113.7", True),  # an IPv4 address as a dual-stack server sees it
    ("", False), ("somewhere", False),
])
def test_only_listed_addresses_are_let_in(address, welcome):
    assert admitted(a_partner(allow=["203.0.113.0/24", "2001:db8::/32"]), "SFTP", address) is welcome


def test_without_a_list_every_address_is_let_in():
    assert admitted(a_partner(), "SFTP", "198.51.100.1")
