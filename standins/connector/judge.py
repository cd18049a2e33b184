"""Judges the publisher's answer to GetOrderDetails against the public pages; each slip is a sentence."""

import json
from dataclasses import dataclass, field
from typing import Any

from standins.connector.calls import Answer, read_json
from standins.connector.constants import (
    BUY,
    BY_MAPPED,
    BY_PLAIN,
    GTD,
    HEADER_TEXTS,
    LINE_NUMBERS,
    MOST_LINES,
    ORDER_SIDES,
    ORDER_TYPES,
    OTHER_SPELLINGS,
    RL,
    SELL,
    SIBLING_FIELDS,
    SL,
    SL_MKT,
    TICK_PAISE,
    VALIDITIES,
)
from standins.connector.store import Document
from standins.rest.masters import Scrip, find_scrip

ENVELOPE = {"success": bool, "statusCode": str, "message": str, "traceId": str}
#: A price below this part of the last one was probably meant in rupees.
RUPEES_BELOW = 20
#: More than any price in paise or quantity; what is larger is not computed with.
LARGEST = 10**15
#: How many slips are shown, and characters of each.
MOST_SLIPS, SLIP_LENGTH = 200, 300


@dataclass
class Basket:
    """A basket as the broker shows it. `lines` are those that can become orders; prices in paise.

    `refusal`: the publisher's words where it served none. `slips`: what its answer has that the pages do not allow.
    """

    refusal: str = ""
    reco_id: str = ""
    lines: list[Document] = field(default_factory=list)
    slips: list[str] = field(default_factory=list)
    data: str = ""


def judge(answer: Answer, asked: Document, segment_ids: str) -> Basket:
    """Read the answer to a GetOrderDetails that was `asked`. `segment_ids`: plain or mapped."""
    basket = Basket()
    document = answer.document()
    if document is None:
        basket.refusal = answer.words or f"HTTP {answer.status}, and the answer is not a JSON object."
        return basket
    if answer.status != 200:
        basket.slips.append(f"HTTP status {answer.status}; 200 is expected.")
    _envelope(document, basket.slips)
    data = document.get("data")
    if document.get("success") is not True:
        basket.refusal = str(document.get("message") or "The publisher refused without a message.")[
            :SLIP_LENGTH
        ]
        if data not in (None, ""):
            basket.slips.append("A refusal carries data.")
        return basket
    if not isinstance(data, str):
        basket.slips.append(f"data is {_kind(data)}; a JSON string is expected.")
    basket.data = data if isinstance(data, str) else json.dumps(data)
    try:
        content = read_json(basket.data)
    except ValueError:
        basket.refusal = "data holds no JSON."
        return basket
    _content(content, asked, segment_ids, basket)
    basket.slips = [words[:SLIP_LENGTH] for words in basket.slips[:MOST_SLIPS]]
    return basket


def _envelope(document: Document, slips: list[str]) -> None:
    for name, kind in ENVELOPE.items():
        if not isinstance(document.get(name), kind):
            slips.append(f"{name} is {_kind(document.get(name))}; {kind.__name__} is expected.")
    slips += [
        f"{name} is not a field of the envelope." for name in sorted(set(document) - {*ENVELOPE, "data"})
    ]


def _content(content: Any, asked: Document, segment_ids: str, basket: Basket) -> None:
    """A header with `basketData`, or a list whose rows carry the header's fields."""
    slips = basket.slips
    if isinstance(content, dict):
        header, rows = {n: v for n, v in content.items() if n != "basketData"}, content.get("basketData")
        slips += [f"{name} is not a field of the basket." for name in sorted(set(header) - set(HEADER_TEXTS))]
    else:
        rows = content
        headers = (
            [_part(row, header=True) for row in rows if isinstance(row, dict)]
            if isinstance(rows, list)
            else []
        )
        header = headers[0] if headers else {}
        if any(other != header for other in headers):
            slips.append("The lines name different baskets.")
        rows = [_part(row, header=False) for row in rows] if isinstance(rows, list) else rows
    if not isinstance(rows, list) or not rows:
        basket.slips.append("There is no list of lines.")
        return
    _header(header, asked, slips)
    basket.reco_id = str(header.get("recoId", ""))
    if len(rows) > MOST_LINES:
        slips.append(f"{len(rows)} lines; at most {MOST_LINES} are expected.")
    seen: set[tuple[object, ...]] = set()
    for place, row in enumerate(rows[:MOST_LINES], start=1):
        said, line = _line(row, segment_ids)
        if line is not None:
            key = (line["exchange"], line["token"], line["side"])
            if key in seen:
                said.append("the same scrip is on the same side twice.")
            seen.add(key)
            basket.lines.append(line)
        slips += [f"Line {place}: {words}" for words in said]


def _part(row: Any, *, header: bool) -> Any:
    if not isinstance(row, dict):
        return row
    return {name: value for name, value in row.items() if (name in HEADER_TEXTS) == header}


def _header(header: Document, asked: Document, slips: list[str]) -> None:
    for name, longest in HEADER_TEXTS.items():
        value = header.get(name)
        if not isinstance(value, str) or not value:
            slips.append(f"{name} is {_kind(value)}; a text is expected.")
        elif len(value) > longest:
            slips.append(f"{name} has {len(value)} characters; at most {longest} are allowed.")
    for name, expected in (("productCode", asked["ProductCode"]), ("clientCode", asked["ClientCode"])):
        if header.get(name) not in (None, expected):
            slips.append(f"{name} is not the one that was asked for.")
    if header.get("productType") not in (None, "BASKET"):
        slips.append("productType is not BASKET.")
    if header.get("orderSide") not in (None, *ORDER_SIDES):
        slips.append("orderSide is neither BUY nor SELL.")


def _line(row: Any, segment_ids: str) -> tuple[list[str], Document | None]:
    """What is wrong in a line, and the line where it can become an order."""
    if not isinstance(row, dict):
        return [f"{_kind(row)}; an object is expected."], None
    slips: list[str] = []
    given: Document = {OTHER_SPELLINGS.get(name) or name: value for name, value in row.items()}
    slips += [
        f"{name} is not a field of a line."
        for name in sorted(set(given) - {*LINE_NUMBERS, *SIBLING_FIELDS, "days", "ordGTD"})
    ]
    wrong = [name for name in LINE_NUMBERS if not _whole(given.get(name))]
    slips += [f"{name} is {_kind(given.get(name))}; an integer is expected." for name in wrong]
    slips += _days(given)
    if wrong:
        return slips, None
    exchange = (BY_PLAIN if segment_ids == "plain" else BY_MAPPED).get(given["mktSegId"])
    scrip = find_scrip(exchange, str(given["scripTkn"])) if exchange else None
    if exchange is None:
        slips.append(f"mktSegId {given['mktSegId']} is not a {segment_ids} segment id.")
    elif scrip is None:
        slips.append(f"scripTkn {given['scripTkn']} is not a scrip of {exchange}.")
    codes = _codes(given)
    slips += codes
    if exchange is None or scrip is None or codes:
        return slips, None
    slips += _numbers(given, scrip)
    line = {
        "exchange": exchange,
        "token": scrip.token,
        "symbol": scrip.symbol,
        "side": given["buyOrSell"],
        "type": given["ordType"],
        "validity": given["validity"],
        "days": str(given.get("days", "")),
        "asked": given["orgQty"],
        "quantity": given["orgQty"],
        "disclosed": given["discQty"],
        "price": given["ordPrice"],
        "trigger": given["trigPrice"],
    }
    return slips, line if given["orgQty"] > 0 and given["ordPrice"] >= 0 else None


def _codes(given: Document) -> list[str]:
    known = {"ordType": ORDER_TYPES, "validity": VALIDITIES, "buyOrSell": (BUY, SELL)}
    return [f"{name} {given[name]} is no code." for name, codes in known.items() if given[name] not in codes]


def _days(given: Document) -> list[str]:
    days, slips = given.get("days"), []
    if not isinstance(days, str) or len(days) > 10:
        return [f"days is {_kind(days)}; a text of at most 10 characters is expected."]
    good_till = given.get("validity") == GTD
    if good_till and not (days.isascii() and days.isdigit() and int(days) > 0):
        slips.append(f"days “{days}” is no number of days, which GTD needs.")
    # Whether it is a text like days or a number is not said.
    if str(given.get("ordGTD")) != str(int(good_till)):
        slips.append(
            f"ordGTD is {_kind(given.get('ordGTD'))}; {int(good_till)} is expected with this validity."
        )
    return slips


def _numbers(given: Document, scrip: Scrip) -> list[str]:
    """Quantities against the lot, prices against the order type, the tick, and the last price."""
    slips = []
    quantity, disclosed, price, trigger = (given[n] for n in ("orgQty", "discQty", "ordPrice", "trigPrice"))
    if quantity <= 0 or quantity % scrip.lot:
        slips.append(f"orgQty {quantity} is not a multiple of the lot of {scrip.lot}.")
    if not 0 <= disclosed <= quantity:
        slips.append(f"discQty {disclosed} is not between 0 and orgQty.")
    kind = given["ordType"]
    if (kind in (RL, SL)) != (price > 0) or price < 0:
        slips.append(f"ordPrice {price} does not fit {ORDER_TYPES[kind]}.")
    if (kind in (SL, SL_MKT)) != (trigger > 0) or trigger < 0:
        slips.append(f"trigPrice {trigger} does not fit {ORDER_TYPES[kind]}.")
    for name, paise in (("ordPrice", price), ("trigPrice", trigger)):
        if paise % TICK_PAISE:
            slips.append(f"{name} {paise} is not on the tick of {TICK_PAISE} paise.")
        if 0 < paise * RUPEES_BELOW < scrip.price * 100:
            slips.append(
                f"{name} {paise} looks like rupees; the last price is {scrip.price * 100:.0f} paise."
            )
    above = trigger > price if given["buyOrSell"] == BUY else trigger < price
    if kind == SL and above:
        slips.append("trigPrice is on the wrong side of ordPrice.")
    return slips


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST


def _kind(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"a number of {len(str(abs(value)))} digits"
    names = {bool: "true or false", int: "an integer", float: "a number with a point", str: "a text"}
    words = names.get(type(value), "a list" if isinstance(value, list) else "an object")
    return words if not isinstance(value, int | float) else f"{words} ({value})"
