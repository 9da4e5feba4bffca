"""One grant less in the template, and the journey fails; given back, what had stood still comes to its end. So the twin proves rights.

What the emulator never asks (keys, event sources, the roles of schedules) is looked at in the template: tests/infra/test_wiring.py.
"""

import ftplib
from contextlib import contextmanager, suppress

import pytest

from local import partner
from tests.actors import a_channel, a_feed, soon

LONG_ENOUGH_S = 2.5  # for a journey that takes half a second
SHEET = "sku;name\nCH-1;Chair\nCH-2;Bench\n"


@pytest.fixture
def shop(company, erp):
    """A company whose feed has just worked, so that what then does not come is not merely slow."""
    company.works_with(a_feed(), a_channel())
    assert erp.drops("products/before.csv", "sku;name\nCH-0;Stool\n").outcomes == {"CREATED": 1}
    company.plytix.clear_log()
    return company


def without(role, action, on):
    """The templates without `action` in the statements of a role's policy whose resources name `on`. Fails if there is none."""
    taken = []

    def edit(stack, template):
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::IAM::Policy" and name.startswith(role):
                for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                    taken.extend(_take(statement, action, on))

    edit.taken = taken
    return edit


def _take(statement, action, on):
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    named = [resource for resource in resources if on in str(resource)]
    if action not in actions or not named:
        return
    statement["Action"] = [kept for kept in actions if kept != action] or ["s3:GetBucketTagging"]  # a statement needs one
    yield action


@contextmanager
def lacking(twin, grant, forgets=None):
    """Within, this grant is missing. `forgets`: the function whose workers would go on with what they read while they had it."""
    edit = without(*grant)
    with twin.changed(edit):
        assert edit.taken, f"no policy of {grant[0]} has {grant[1]} on {grant[2]}: this test takes nothing away"
        if forgets:
            twin.kill(forgets)
        yield
    twin.show_messages()


INBOUND = {
    "receive may not register the drop": ("IngestReceive", "dynamodb:PutItem", "Ledger"),
    "receive may not queue the run": ("IngestReceive", "sqs:SendMessage", "RunsQueue"),
    "receive may not read the configuration": ("IngestReceive", "s3:GetObject", "configuration"),
    "prepare may not read the drop": ("IngestPrepare", "s3:GetObjectVersion", "inbox"),
    "prepare may not write its stage": ("IngestPrepare", "s3:PutObject", "stages"),
    "prepare may not write what is wanted": ("IngestPrepare", "dynamodb:PutItem", "WantedTable"),
    "prepare may not send changes": ("IngestPrepare", "sqs:SendMessage", "MainQueue"),
    "apply may not write the mirror": ("IngestApply", "dynamodb:PutItem", "MirrorTable"),
    "apply may not write history": ("IngestApply", "dynamodb:PutItem", "HistoryTable"),
    "apply may not say that the run is closed": ("IngestApply", "events:PutEvents", "event-bus"),
    "report may not write a receipt": ("RemediateReport", "s3:PutObject", "receipts"),
    "report may not write the archive": ("RemediateReport", "s3:PutObject", "archive"),
    "report may not take the drop out of the inbox": ("RemediateReport", "s3:DeleteObjectVersion", "inbox"),
}


@pytest.mark.parametrize("grant", INBOUND)
def test_a_drop_does_not_come_to_its_end_while(twin, shop, erp, grant):
    with lacking(twin, INBOUND[grant]):
        sent = erp.sends("products/today.csv", SHEET)
        with pytest.raises(AssertionError, match=r"did not happen|no such receipt"):
            erp.closed(sent, within_s=LONG_ENOUGH_S)

    assert _ended(twin, erp, sent).outcomes == {"CREATED": 2}
    assert sorted(shop.products()) == ["CH-0", "CH-1", "CH-2"]
    assert shop.requests()["create"] == 2, "nothing was doubled meanwhile"


def _ended(twin, erp, sent):
    """With `redrive`'s help: what nobody was told, or was tried too often, is sent again."""
    def closed():
        twin.show_messages()
        twin.fire("redrive")
        with suppress(AssertionError):
            return erp.closed(sent, within_s=3)
    return soon(closed, "the end of the drop")


def test_nothing_reaches_plytix_while_apply_may_not_read_how_to_log_in_there(twin, shop, erp):
    with lacking(twin, ("IngestApply", "secretsmanager:GetSecretValue", "PlytixSecret"), forgets="apply"):
        sent = erp.sends("products/today.csv", SHEET)
        erp.receipt(sent, lambda told: told.state == "checked")
        with pytest.raises(AssertionError, match="the last one said: checked"):
            erp.closed(sent, within_s=LONG_ENOUGH_S)
        assert (sorted(shop.products()), shop.plytix.counts()["total"]) == (["CH-0"], 0)

    assert _ended(twin, erp, sent).outcomes == {"CREATED": 2}


def test_no_row_is_rejected_by_an_old_schema_while_prepare_may_not_ask_for_a_new_one(twin, shop, erp):
    shop.works_with(a_feed(columns={"name": "label", "colour": {"to": "colour", "type": "option"}}))
    shop.refreshes()
    shop.plytix.add_option("colour", "teal")
    with lacking(twin, ("IngestPrepare", "secretsmanager:GetSecretValue", "PlytixSecret"), forgets="prepare"):
        sent = erp.sends("products/today.csv", "sku;name;colour\nCH-1;Chair;teal\n")
        with pytest.raises(AssertionError, match=r"did not happen|no such receipt"):
            erp.closed(sent, within_s=LONG_ENOUGH_S)

    assert _ended(twin, erp, sent).outcomes == {"CREATED": 1}
    assert shop.products()["CH-1"] == {"label": "Chair", "colour": "teal"}


@pytest.mark.parametrize(("action", "on"), [("secretsmanager:GetSecretValue", "partners"), ("s3:GetObject", "configuration")])
def test_nobody_can_log_in_while_the_identity_function_may_not_read_what_it_needs(twin, shop, erp, action, on):
    erp.gets_a_login()
    with lacking(twin, ("IdentityAuthenticate", action, on), forgets="authenticate"), pytest.raises(ftplib.error_perm, match="530"):
        partner.ftp(twin.ports["ftp"], "erp", erp.password)

    assert erp.drops("products/today.csv", SHEET).outcomes == {"CREATED": 2}


def test_a_partner_can_upload_nothing_while_his_role_may_not_write(twin, shop, erp):
    with lacking(twin, ("IdentityPartner", "s3:PutObject", "inbox")):
        with pytest.raises(OSError):
            erp.sends("products/today.csv", SHEET)
        assert erp.inbox() == []

    assert erp.drops("products/today.csv", SHEET).outcomes == {"CREATED": 2}


OUTBOUND = {
    "publish may not write outboxes": ("ExportPublish", "s3:PutObject", "outbox"),
    "publish may not read the mirror": ("ExportPublish", "dynamodb:Scan", "MirrorTable"),
    "publish may not keep a snapshot": ("ExportPublish", "s3:PutObject", "snapshots"),
}


@pytest.mark.parametrize("grant", OUTBOUND)
def test_a_channel_gets_no_file_while(twin, shop, grant):
    shop.refreshes()
    publish_at = {"v": 1, "channel": "catalogue", "due": "2026-11-24T02:30:00Z"}
    assert twin.invoke("publish", publish_at)["state"] == "published"
    before = shop.versions("retailer/outbox/catalogue/catalogue.csv")
    publish_at["due"] = "2026-11-25T02:30:00Z"
    with lacking(twin, OUTBOUND[grant]):
        assert "AccessDenied" in str(twin.invoke("publish", publish_at))
        assert shop.versions("retailer/outbox/catalogue/catalogue.csv") == before

    assert twin.invoke("publish", publish_at)["state"] == "published"
    assert len(shop.versions("retailer/outbox/catalogue/catalogue.csv")) == 2


def test_the_mirror_is_not_refreshed_while_refresh_may_not_write_it(twin, shop):
    shop.refreshes()
    shop.plytix.create({"sku": "CH-1", "label": "Chair", "status": "Completed"})
    with lacking(twin, ("ExportRefresh", "dynamodb:PutItem", "MirrorTable")):
        assert "AccessDenied" in str(twin.refresh())

    assert shop.refreshes()["read"] == 1
