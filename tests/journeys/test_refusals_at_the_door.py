"""Who may not come in, or not there: refused, nothing told, nothing touched."""

import ftplib

import paramiko
import pytest
from botocore.exceptions import ClientError

from bridge.adapters.partner_secrets import PartnerSecrets
from local import partner
from local.endpoint.cloud import Assumed, Cloud
from tests.actors import PASSWORDS, a_channel, a_feed, a_partner, soon
from tests.clients import key_pair

FAREWELL = {"530 Authentication failed."}
COMERS = {"sftp": partner.sftp, "ftps": partner.ftps, "ftp": partner.ftp}


@pytest.fixture
def shop(company, erp, supplier, retailer):
    """Everybody has a login, and something in his tree that is nobody else's business."""
    company.works_with(a_feed(), a_feed(partner="supplier"), a_channel(), partners={
        "supplier": a_partner(protocols=["sftp"]), "far": a_partner(allow=["203.0.113.0/24", "2001:db8::/32"])})
    for visitor in (erp, supplier, retailer):
        visitor.gets_a_login()
    company.puts("supplier/receipts/secret.csv.json", b"the supplier's")
    company.puts("retailer/outbox/catalogue/catalogue.csv", b"the retailer's")
    return company


def refusal(twin, over, user, password):
    """What one is told who is not let in."""
    with pytest.raises((paramiko.AuthenticationException, ftplib.error_perm)) as refused:
        COMERS[over](twin.ports[over], user, password)
    return str(refused.value)


def touched(company):
    """All there is in the exchange bucket, with content."""
    return {key: company.body(key) for key in company.files()}


# --- who ---------------------------------------------------------------------------------------------------------------

STRANGERS = {
    "a wrong password": ("erp", "wrong"), "no password": ("erp", ""), "an unknown user": ("nobody", PASSWORDS["erp"]),
    "somebody else's password": ("erp", PASSWORDS["supplier"]), "another spelling of the name": ("ERP", PASSWORDS["erp"]),
    "a name with a way out of it": ("../erp", PASSWORDS["erp"]),
}


@pytest.mark.parametrize("over", COMERS)
def test_nobody_comes_in_by_guessing_and_all_are_told_the_same(twin, shop, over):
    before = touched(shop)
    told = {refusal(twin, over, *guess) for guess in STRANGERS.values()}

    assert told == ({"Authentication failed."} if over == "sftp" else FAREWELL)
    assert touched(shop) == before


def test_the_real_programs_are_refused_too(shop, erp, tmp_path):
    erp.gets_a_login()
    erp.password = "wrong"
    (tmp_path / "today.csv").write_text("sku;name\nCH-1;Chair\n")
    put = f"{tmp_path}/today.csv"
    refused = [erp.programs.sftp(f"put {put} /inbox/products/", ok=False),
               erp.programs.lftp(f"put {put} -o /inbox/products/today.csv", ok=False),
               erp.programs.curl("ftp", "/inbox/products/", "-T", put, ok=False),
               erp.programs.rclone("copy", put, "bridge:/inbox/products", "--low-level-retries", "1", ok=False)]

    assert [ended.returncode != 0 for ended in refused] == [True] * 4
    assert not [name for ended in refused for name in ("inbox", "retailer") if f"{name}/" in ended.stdout]
    assert erp.inbox() == []


def test_a_key_that_is_not_his_opens_nothing(twin, shop, erp, supplier, tmp_path):
    key, foreign = key_pair(tmp_path), key_pair(tmp_path, "foreign")
    PartnerSecrets(twin.client("secretsmanager"), twin.outputs["PartnerSecretsPrefix"]).add_key("erp", key.with_suffix(".pub").read_text())

    # a login of a moment ago may have left his secret in a warm worker, for the third of a second that it is kept
    soon(lambda: "inbox" in erp.programs.sftp("ls /", key=key, ok=False).stdout, "his own key")
    for who, file in ((erp, foreign), (supplier, foreign), (supplier, key)):
        ended = who.programs.sftp("ls /", key=file, ok=False)
        assert (ended.returncode, ended.stdout.count("inbox")) == (255, 0)


@pytest.mark.parametrize("over", ["ftps", "ftp"])
def test_a_protocol_that_was_not_agreed_is_refused_like_a_wrong_password(twin, shop, supplier, over):
    assert "inbox" in supplier.client("sftp").names("/")

    assert {refusal(twin, over, "supplier", supplier.password)} == FAREWELL


def test_an_address_that_is_not_his_is_refused_like_a_wrong_password(twin, shop):
    PartnerSecrets(twin.client("secretsmanager"), twin.outputs["PartnerSecretsPrefix"]).set_password("far", "far, far away")

    assert {refusal(twin, over, "far", "far, far away") for over in ("ftp", "ftps")} == FAREWELL
    assert refusal(twin, "sftp", "far", "far, far away") == "Authentication failed."
    from_there = {"username": "far", "password": "far, far away", "protocol": "SFTP", "serverId": "s-1", "sourceIp": "203.0.113.7"}
    assert twin.invoke("authenticate", from_there)["Role"]
    assert twin.identify(from_there | {"sourceIp": "203.0.114.7"}) == {}


def test_one_without_a_login_is_refused_though_the_configuration_knows_him(twin, shop):
    assert {refusal(twin, "ftps", "far", password) for password in ("", "far", "x")} == FAREWELL


def test_what_is_logged_of_a_refusal_holds_no_password(twin, shop, erp):
    refusal(twin, "ftp", "erp", "a-wrong-guess")
    refusal(twin, "ftp", "a-password-typed-as-a-name", "x")
    erp.client("sftp")

    logged = "\n".join(twin.log("authenticate"))
    assert '"partner":"erp"' in logged
    assert not [secret for secret in ("a-wrong-guess", "a-password-typed-as-a-name", PASSWORDS["erp"]) if secret in logged]


# --- where ---------------------------------------------------------------------------------------------------------------

ELSEWHERE = [f"{way}supplier/receipts/secret.csv.json" for way in ("/", "//", "/../", "/inbox/../../", "/receipts/../../", "/./../../")]


@pytest.mark.parametrize("over", COMERS)
def test_nobody_reads_in_another_partners_tree(shop, erp, over):
    before = touched(shop)
    for path in ELSEWHERE:
        with pytest.raises((OSError, ftplib.error_perm)) as refused:
            erp.client(over).get(path)
        assert "the supplier's" not in str(refused.value)
    assert {name.strip("/") for name in erp.client(over).names("/")} == {"corrections", "inbox", "outbox", "receipts", "templates"}
    assert touched(shop) == before


@pytest.mark.parametrize("over", COMERS)
@pytest.mark.parametrize("path", ["/outbox/catalogue/x.csv", "/receipts/x.csv", "/corrections/x.csv", "/templates/x.csv", "/x.csv",
                                  "/supplier/inbox/products/x.csv"])
def test_nobody_writes_outside_his_inbox(twin, shop, erp, tmp_path, over, path):
    before = touched(shop)
    (tmp_path / "x.csv").write_text("sku;name\nCH-1;Chair\n")
    with pytest.raises((OSError, ftplib.Error)):
        erp.client(over).put(tmp_path / "x.csv", path)

    twin.rest()
    assert (touched(shop), erp.receipts(), shop.products()) == (before, [], {})


def test_dots_that_climb_end_in_his_own_tree(twin, shop, erp, supplier, tmp_path):
    """As Transfer Family does it: above his root there is only his root, so this is a file of his own."""
    (tmp_path / "x.csv").write_text("sku;name\nCH-1;Chair\n")
    erp.client().put(tmp_path / "x.csv", "/inbox/products/../../../../inbox/products/x.csv")

    assert erp.closed("x.csv").outcomes == {"CREATED": 1}
    assert supplier.receipts("x.csv") == []


HIS = "/outbox/catalogue/catalogue.csv"
NOT_HIS_TO_CHANGE = [f"DELE {HIS}", f"RNFR {HIS}", "DELE /../supplier/receipts/secret.csv.json", "RMD /inbox", "RMD /outbox/catalogue",
                     "MKD /inbox/mine", "MKD /mine"]


@pytest.mark.parametrize("command", NOT_HIS_TO_CHANGE)
def test_nothing_that_is_not_his_to_change_is_deleted_or_renamed(shop, retailer, command):
    before = touched(shop)
    with ftplib.FTP() as client:
        client.connect("127.0.0.1", shop.twin.ports["ftp"])
        client.login(retailer.name, retailer.password)
        with pytest.raises(ftplib.error_perm, match="550"):
            assert client.sendcmd(command).startswith("350")
            client.sendcmd("RNTO /outbox/catalogue/other.csv")
    assert touched(shop) == before


def test_the_role_that_a_partner_works_under_reaches_nothing_but_his_tree(twin, shop, erp):
    """Whatever the endpoint's own checks are worth: the session policy of the answer is enforced by AWS itself."""
    erp.gets_a_login()
    answer = twin.identify({"username": "erp", "password": erp.password, "protocol": "SFTP", "serverId": "s-1", "sourceIp": "127.0.0.1"})
    his = Assumed(Cloud.of_env(twin.env), answer["Role"], answer["Policy"], "erp")
    s3, exchange, work = his.s3(), twin.outputs["ExchangeBucket"], twin.outputs["WorkBucket"]

    s3.put_object(Bucket=exchange, Key="erp/inbox/products/.mine", Body=b"x")
    for attempt in (lambda: s3.get_object(Bucket=exchange, Key="supplier/receipts/secret.csv.json"),
                    lambda: s3.put_object(Bucket=exchange, Key="supplier/inbox/products/x.csv", Body=b"x"),
                    lambda: s3.put_object(Bucket=exchange, Key="erp/receipts/x.json", Body=b"x"),
                    lambda: s3.delete_object(Bucket=exchange, Key="erp/receipts/x.json"),
                    lambda: s3.list_objects_v2(Bucket=exchange, Prefix="supplier/"),
                    lambda: s3.get_object(Bucket=work, Key="configuration/current.json")):
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()
    his.close()
