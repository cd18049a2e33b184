"""A desk that speaks to a stand-in over a real socket, with messages typed by hand."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from xml.sax.saxutils import escape

import pytest
import requests
from lxml import etree

from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.secret import SecretText
from standins.odin import StandIn

PASSWORD = "Dealer@123"
KEY = "ftUC@123"

OPERATIONS = {
    101: "Login",
    108: "LogOff",
    301: "CreateRetailUser",
    303: "UpdatePGLimits",
    330: "UpdatePGLimits",
    310: "UpdateUserTemplate",
    312: "UpdateQVLTemplate",
    314: "DealerToClientMapping",
    316: "FundsViewSummary",
    318: "GetPeriodicityList",
    320: "UpdateRetailUser",
    322: "UpdateSIMCTTemplate",
    324: "AutoSquareOffSetting",
    326: "FundsView",
    328: "StockView",
    338: "UpdateEDISApprovedQuantity",
    340: "UpdatePledgeApprovedQuantity",
    344: "CreateParticipantCode",
    346: "UpdateAlternateAddress",
}

#: A user with everything, as 301 lists it; tests replace single tags.
USER = {
    201: "WEBRET1",
    202: "HO",
    203: "10.0.10.0",
    204: "",
    205: "",
    206: "Asha Rao",
    207: "",
    208: "4",
    209: "1 Hill Road",
    210: "",
    211: "Mumbai",
    212: "400001",
    213: "",
    214: "9874563210",
    215: "",
    216: "asha@example.com",
    217: "AAAPR1234A",
    218: "A",
    219: "0",
    220: "1,2,3",
    221: "1,2,3",
    222: "1,2,3",
    223: "1,18",
    224: "",
    225: "",
    226: "",
    227: "REF0001",
    228: "USERMIG",
    229: "21-01-1985",
    230: "1",
    231: "",
    232: "",
    233: "F",
    234: "",
    235: "",
    236: "",
    237: "N",
    238: "",
    239: "",
    240: "0",
    241: "-1",
    242: "-1",
    243: "",
    244: "2",
    247: "",
    248: "1",
}
BANKS = (
    "UTI,Kandivali,Mumbai,02145214521423,1111222,CA,0,NSE EQUITIES$HDFC,Andheri,Mumbai,04874562102145,,SB,1,"
)
DEMAT = "IN300940,12345678,1,Y,,,,,,,,,,,,,NA"
MF_UCC = "BSEUCC,NSEUCC1,,,7,2,,SI,,,,,,,,,,,,,,,,,,,,AM,,AM"


def checksum(text: str) -> str:
    return f"{sum(map(ord, text)) % 256:03d}"


def tags(text: str) -> dict[int, str]:
    """An answer's tags."""
    return {int(p.partition("=")[0]): p.partition("=")[2] for p in re.split(r"\|(?=\d+=)", text)}


def envelope(operation: str, text: str, parameter: str = "UserData") -> bytes:
    call = f'<{operation} xmlns="http://tempuri.org/"><{parameter}>{escape(text)}</{parameter}></{operation}>'
    body = f"<s:Body>{call}</s:Body>"
    return f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">{body}</s:Envelope>'.encode()


@dataclass
class Desk:
    """Types messages and sends them."""

    USER: ClassVar[dict[int, str]] = USER
    BANKS: ClassVar[str] = BANKS
    DEMAT: ClassVar[str] = DEMAT
    MF_UCC: ClassVar[str] = MF_UCC

    standin: StandIn
    session_id: str = ""
    http: requests.Session = field(default_factory=requests.Session)

    def write(self, type_: int, pairs: Mapping[int, str] | None = None, *, add_checksum: bool = True) -> str:
        head = {63: "FT1.0", 64: str(type_), 67: "RESERVEDPG"}
        if type_ != 101:
            head[4] = self.session_id
        text = "|".join(f"{tag}={value}" for tag, value in {**head, **(pairs or {})}.items())
        return text if type_ in (101, 108) or not add_checksum else f"{text}|999={checksum(text)}"

    def post(self, operation: str, text: str, timeout: float = 10) -> requests.Response:
        return self.http.post(
            self.standin.endpoint,
            data=envelope(operation, text),
            headers={
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": f'"http://tempuri.org/IUserCreation/{operation}"',
            },
            timeout=timeout,
            allow_redirects=False,
        )

    def say(self, operation: str, text: str) -> dict[int, str]:
        answer = self.post(operation, text)
        assert answer.status_code == 200, answer.text
        return tags(etree.fromstring(answer.content).findtext(f".//{{*}}{operation}Result") or "")

    def send(self, type_: int, pairs: Mapping[int, str] | None = None) -> dict[int, str]:
        return self.say(OPERATIONS[type_], self.write(type_, pairs))

    def logon(self, password: str = PASSWORD, *, new: str = "", force: bool = False) -> dict[int, str]:
        cipher = PasswordCipher(KEY, "CBC")
        pairs = {
            68: cipher.encrypt(SecretText(password)),
            69: cipher.encrypt(SecretText(new)) if new else "",
            51: "4",
        }
        pairs |= {391: "RESERVEDPG-150917140515", 395: "127.0.0.1"} | ({5005: "1"} if force else {})
        answer = self.send(101, pairs)
        self.session_id = answer.get(4) or self.session_id
        return answer

    def create(self, **changes: str) -> dict[int, str]:
        """301 for USER, with tags changed: `create(t201="OTHER")`."""
        return self.send(301, USER | {int(name[1:]): value for name, value in changes.items()})

    def user(self, user_id: str = "WEBRET1", group_id: str = "HO") -> dict:
        held = self.standin.store.user(group_id, user_id)
        assert held is not None
        return held

    def last(self):
        """The newest line of the ledger."""
        return self.standin.store.newest(1)[0]

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.standin.home.rstrip("/") + path, timeout=5)

    def control(self, path: str, data: object) -> requests.Response:
        address = self.standin.home.rstrip("/") + path
        return self.http.post(
            address, data=json.dumps(data), headers={"Content-Type": "application/json"}, timeout=5
        )


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(password=PASSWORD, key=KEY) as running:
        yield running


@pytest.fixture
def new_desk(standin: StandIn):
    """Makes desks that are not logged on."""
    desks = []

    def make() -> Desk:
        desks.append(Desk(standin))
        desks[-1].http.trust_env = False
        return desks[-1]

    yield make
    for desk in desks:
        desk.http.close()


@pytest.fixture
def desk(new_desk) -> Desk:
    """A desk that is logged on."""
    desk = new_desk()
    assert desk.logon()[70] == "10000"
    return desk
