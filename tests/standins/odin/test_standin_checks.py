"""What the stand-in refuses before it looks at any user, in ODIN's order; passwords and logons."""

import pytest

from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.secret import SecretText
from standins.odin import StandIn

ERROR = "Error occurred, kindly contact administrator"
KEY = "ftUC@123"


def test_a_wrong_checksum_is_refused_and_nothing_applied(desk):
    text = desk.write(301, desk.USER)
    head, _, right = text.rpartition("=")
    answer = desk.say("CreateRetailUser", f"{head}={(int(right) + 1) % 256:03d}")
    assert (answer[18], answer[19]) == ("0", "Invalid Check Sum Value")
    assert desk.standin.store.user("HO", "WEBRET1") is None


def test_a_missing_checksum_is_refused(desk):
    answer = desk.say("CreateRetailUser", desk.write(301, desk.USER, add_checksum=False))
    assert answer[18] == "0"
    assert not desk.last().applied


@pytest.mark.parametrize(
    "text", ["", "|", "hello", "63=FT1.0|64=301|", "63=FT1.0|64=999|999=000", "63=FT1.0|64=abc"]
)
def test_what_is_no_message_is_refused(desk, text):
    answer = desk.say("CreateRetailUser", text)
    assert (answer[64], answer[18], answer[19]) == ("302", "0", ERROR)
    assert not desk.last().applied


def test_a_message_must_come_by_its_own_operation(desk):
    answer = desk.say("UpdateRetailUser", desk.write(301, desk.USER))
    assert (answer[18], answer[19]) == ("0", ERROR)
    assert "does not belong" in desk.last().reason


def test_a_message_without_the_live_session_is_refused(new_desk):
    desk = new_desk()
    assert desk.create()[19] == "Invalid Session"
    desk.logon()
    assert desk.create()[18] == "1"
    desk.send(108)
    assert desk.send(318)[19] == "Invalid Session"


def test_another_dealers_name_is_refused(desk):
    text = desk.write(318, add_checksum=False).replace("RESERVEDPG", "SOMEBODY")
    answer = desk.say("GetPeriodicityList", f"{text}|999={sum(map(ord, text)) % 256:03d}")
    assert answer[19] == "Invalid Session"


@pytest.mark.parametrize(
    "change",
    [
        {"t201": "WEBRETAIL12"},
        {"t217": "AAAA11234A"},
        {"t218": "X"},
        {"t220": "1,8"},
        {"t229": "31-02-1990"},
        {"t206": ""},
    ],
)
def test_lengths_codes_and_rules_are_checked(desk, change):
    answer = desk.create(**change)
    assert (answer[18], answer[19]) == ("0", ERROR)
    assert desk.last().reason
    assert desk.standin.store.count("users") == 0


def test_rules_between_fields_are_checked(desk):
    assert desk.create(t231="2")[18] == "0", "mutual funds need a UCC"


def test_a_users_password_is_decrypted_checked_and_kept_as_a_hash_only(desk):
    cipher = PasswordCipher(KEY, "CBC")
    assert desk.create(t207=cipher.encrypt(SecretText("short")))[18] == "0"
    assert desk.create(t207="notbase64")[18] == "0"
    sealed = cipher.encrypt(SecretText("Client@99"))
    assert desk.create(t207=sealed)[18] == "1", desk.last().reason
    held = str(desk.user())
    assert "Client@99" not in held
    assert sealed not in held
    assert "$" in desk.user()["password"]
    assert sealed not in desk.get("/ledger.json").text
    assert "password" in desk.get("/users.json").text


def test_wrong_passwords_are_counted_and_lock_the_dealer(new_desk):
    desk = new_desk()
    first, second, third = (desk.logon("Wrong@123") for _ in range(3))
    assert (first[70], first[19]) == ("10002", "Incorrect Client ID or Password. Attempt 1 of 3")
    assert second[19].endswith("Attempt 2 of 3")
    assert third[70] == "10005"
    assert desk.logon()[70] == "10003"
    assert desk.control("/session", {"unlock": True}).json()["dealer"]["locked"] is False
    assert desk.logon()[70] == "10000"


def test_a_good_password_forgets_the_wrong_ones(new_desk):
    desk = new_desk()
    desk.logon("Wrong@123")
    desk.logon()
    desk.send(108)
    assert desk.logon("Wrong@123")[19].endswith("Attempt 1 of 3")


def test_a_second_logon_needs_force(desk, new_desk):
    other = new_desk()
    answer = other.logon()
    assert (answer[70], answer[4]) == ("10008", "")
    assert other.logon(force=True)[70] == "10000"
    assert desk.send(318)[19] == "Invalid Session"
    assert other.send(318)[18] == "1"
    assert other.standin.dealer.session()["number"] == 2


def test_an_idle_session_may_be_replaced(new_desk):
    with StandIn(password="Dealer@123", key=KEY, idle_seconds=0) as standin:
        desk = new_desk()
        desk.standin = standin
        assert [desk.logon()[70], desk.logon()[70]] == ["10000", "10000"]


def test_an_old_session_is_over(new_desk):
    with StandIn(password="Dealer@123", key=KEY, session_seconds=0) as standin:
        desk = new_desk()
        desk.standin = standin
        assert desk.logon()[70] == "10000"
        assert desk.send(318)[19] == "Invalid Session"


def test_a_password_near_its_end_is_warned_of_and_an_expired_one_must_change(new_desk):
    desk = new_desk()
    desk.control("/session", {"days_to_expiry": 5})
    answer = desk.logon()
    assert (answer[70], answer[97]) == ("10004", "5")
    desk.control("/session", {"days_to_expiry": -1, "end": True})
    assert desk.logon()[70] == "10007"
    assert desk.logon(new="weak")[70] == "10009"
    assert desk.logon(new="Dealer@123")[70] == "10013"
    assert desk.logon(new="Dealer@456")[70] == "10006"
    assert desk.send(318)[18] == "1"
    desk.send(108)
    assert desk.logon()[70] == "10002"
    assert desk.logon("Dealer@456")[70] == "10000"


def test_an_unknown_dealer_and_another_connection_type(new_desk):
    desk = new_desk()
    text = desk.write(101, {68: "x", 69: "", 51: "4", 391: "A-1", 395: "127.0.0.1"})
    assert desk.say("Login", text.replace("RESERVEDPG", "SOMEBODY"))[70] == "10001"
    assert desk.say("Login", text.replace("51=4", "51=9"))[70] == "10011"


def test_secrets_stand_nowhere_in_the_ledger(desk):
    desk.send(318)
    ledger = desk.get("/ledger.json").text
    assert desk.session_id not in ledger
    assert PasswordCipher(KEY, "CBC").encrypt(SecretText("Dealer@123")) not in ledger


def test_users_and_session_outlive_a_restart(tmp_path, new_desk):
    desk = new_desk()
    database = str(tmp_path / "standin.sqlite3")
    with StandIn(password="Dealer@123", key=KEY, database=database) as desk.standin:
        desk.logon()
        desk.create()
    with StandIn(password="Dealer@123", key=KEY, database=database) as desk.standin:
        assert desk.user()["values"]["name"] == "Asha Rao"
        assert desk.send(318)[18] == "1", "the session is still good"
    for path in tmp_path.iterdir():
        assert b"Dealer@123" not in path.read_bytes()
        assert desk.session_id.encode() not in path.read_bytes()
