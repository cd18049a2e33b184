"""A scrip master is read in either form, whole or not at all, and nothing in it can hurt (R30 to R33, R37)."""

import gzip
import io
from datetime import date

import pytest
from stdnum import isin

from backoffice.rest.api.codes import Exchange
from markets import master_file
from markets.master_file import PUBLISHED, MasterFileError, open_master
from tests.markets.files import CONTRACT, HEADER, SHARES, changed, v1, v2


def read(content, exchange=Exchange.NSE_EQ):
    return list(open_master(io.BytesIO(content), exchange).rows)


def test_the_isins_of_these_tests_are_right():
    assert all(isin.is_valid(row[8]) for row in SHARES[:2])


def test_the_eleven_exchanges_publish_a_file_and_nse_ots_does_not():
    assert len(PUBLISHED) == 11
    assert Exchange.NSE_OTS not in PUBLISHED


def test_the_second_form_is_read_by_the_names_of_its_columns():
    first, _, index = read(v2())
    assert (first.token, first.symbol, first.series, first.isin) == (900001, "PEEPAL", "EQ", "INE000A01012")
    assert (first.lot, first.tick, first.strike, first.expiry, first.deleted) == (1, 5, 0, None, False)
    assert (index.isin, index.bad_isin, index.option_type) == ("", "", "")
    places = list(reversed(range(len(HEADER))))
    turned = v2([[row[place] for place in places] for row in SHARES], [HEADER[place] for place in places])
    assert read(turned) == read(v2())


def test_a_contract_has_its_expiry_and_its_strike_in_paise():
    [row] = read(v2([CONTRACT]), Exchange.NSE_FO)
    assert (row.expiry, row.strike, row.option_type, row.lot) == (date(2027, 1, 28), 11250, "CE", 50)


def test_the_first_form_is_read_and_says_what_it_lacks():
    opened = open_master(io.BytesIO(v1()), Exchange.NSE_EQ)
    assert opened.missing == ("isin", "lot", "tick")
    assert [(row.token, row.symbol, row.series) for row in opened.rows] == [(900001, "PEEPAL", "EQ")]


@pytest.mark.parametrize("segment", [1, "1"])
def test_a_file_may_name_its_exchange_by_either_id(segment):
    assert read(v2([changed(SHARES[0], nMarketSegmentId=segment)]))
    assert read(v2([changed(CONTRACT, nMarketSegmentId=8)]), Exchange.BSE_EQ), "8 is BSE_EQ in the REST API"
    assert read(v2([changed(CONTRACT, nMarketSegmentId=3)]), Exchange.BSE_EQ), "and 3 in tag 220"


def test_numbers_may_be_texts_and_texts_have_single_spaces():
    row = changed(SHARES[0], nToken="900001", nRegularLot="1.0", sSecurityDesc=" Peepal  Textiles ")
    assert read(v2([row])) == read(v2(SHARES[:1]))


def test_a_wrong_check_digit_is_noted_and_the_scrip_kept_without_it():
    [row] = read(v2([changed(SHARES[0], sISINCode="INE000A01013")]))
    assert (row.isin, row.bad_isin) == ("", "INE000A01013")


def test_a_deleted_row_is_kept_as_deleted():
    assert [row.deleted for row in read(v2([changed(SHARES[0], cDeleteFlag="Y")]))] == [True]


def test_a_byte_order_mark_is_no_matter():
    assert read(b"\xef\xbb\xbf" + v2()) == read(v2())


DAMAGED = {
    "empty": (b"", "is empty"),
    "spaces alone": (b"   \n ", "cannot be read"),
    "html": (b"<html><body>Access denied</body></html>", "web page"),
    "xml of the store": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "web page"),
    "gzip": (gzip.compress(b"[]"), "compressed"),
    "zip": (b"PK\x03\x04" + bytes(40), "compressed"),
    "an object": (b'{"message": "Missing Authentication Token"}', "single object"),
    "an empty list": (b"[]", "no rows"),
    "a header alone": (v2([]), "header and no rows"),
    "a list of numbers": (b"[1, 2, 3]", "single value"),
    "cut off in a row": (v2()[:200], "cannot be read after row"),
    "cut off at the end": (v2()[:-1], "cannot be read after row 4"),
    "more behind the end": (v2() + b"[]", "cannot be read"),
    "half a character": (b'[["ntoken","ssymbol"],[1,"\xff\xfe"]]', "cannot be read"),
    "a NUL": (b'[["ntoken","ssymbol"],[1,"A\\u0000B"]]', "unreadable"),
    "a line break in a symbol": (b'[["ntoken","ssymbol"],[1,"A\\u0085\\u200bB"]]', "unreadable"),
    "NaN": (b'[["ntoken","ssymbol"],[NaN,"A"]]', "cannot be read"),
    "Infinity": (b'[["ntoken","ssymbol"],[Infinity,"A"]]', "cannot be read"),
    "a huge integer": (b'[["ntoken","ssymbol"],[' + b"9" * 60_000 + b',"A"]]', "longer than any"),
    "a number of 5,000 digits": (b'[["ntoken","ssymbol"],[' + b"9" * 5_000 + b',"A"]]', "longer than any"),
    "a number of a million zeros": (b'[["ntoken","ssymbol"],[1e1000000,"A"]]', "no whole number"),
    "a token in words": (v2([changed(SHARES[0], nToken="nine")]), "token that is no whole number"),
    "a token of other digits": (v2([changed(SHARES[0], nToken="१२३")]), "token that is no whole number"),
    "a token with a fraction": (v2([changed(SHARES[0], nToken=1.5)]), "token that is no whole number"),
    "no token": (v2([changed(SHARES[0], nToken=None)]), "no token"),
    "a negative token": (v2([changed(SHARES[0], nToken=-5)]), "no token"),
    "no symbol": (v2([changed(SHARES[0], sSymbol=" ")]), "no symbol"),
    "a long symbol": (v2([changed(SHARES[0], sSymbol="X" * 51)]), "too long"),
    "a date that is none": (v2([changed(CONTRACT, ExpiryDate="31-02-2027")]), "expiry date"),
    "a date in words": (v2([changed(CONTRACT, ExpiryDate="January")]), "expiry date"),
    "another exchange": (v2([SHARES[0], changed(SHARES[1], nMarketSegmentId=2)]), "another exchange"),
    "no column for the symbol": (v2([[1, 2]], ["nToken", "sISINCode"]), "no scrip master"),
    "a column twice": (v2([[1, "A", "B"]], ["nToken", "sSymbol", "SYMBOL"]), "twice"),
    "a row with a column more": (v2([[*SHARES[0], "x"]]), "other columns"),
    "a row with a column less": (v2([SHARES[0][:-1]]), "other columns"),
    "an object among lists": (b'[["ntoken","ssymbol"],{"code":1,"sym":"A"}]', "other columns"),
    "a list among objects": (b'[{"code":1,"sym":"A"},[2,"B"]]', "mixes two forms"),
    "a list in a cell": (b'[["ntoken","ssymbol"],[1,["A"]]]', "unreadable"),
    "a million lists in a cell": (b'[["ntoken","ssymbol"],[1,' + b"[" * 1_000_000, "deeper"),
    "a million objects in a cell": (b'[{"code":1,"sym":' + b'{"a":' * 1_000_000, "deeper"),
    "a million lists in turn": (b'[["ntoken","ssymbol"],' + b"[[[[[1]]]]]," * 200_000, "other columns"),
    "UTF-16": (v2().decode().encode("utf-16"), "cannot be read"),
    "a mark before a web page": (b"\xef\xbb\xbf<html></html>", "cannot be read"),
    "a truth value as token": (b'[["ntoken","ssymbol"],[true,"A"]]', "no whole number"),
    "a row of a million cells": (b'[["ntoken","ssymbol"],[' + b"1," * 1_000_000 + b"1]]", "longer"),
    "a symbol of a megabyte": (b'[["ntoken","ssymbol"],[1,"' + b"A" * 1_000_000 + b'"]]', "longer"),
    "columns without end": (v2([], [f"c{number}" for number in range(61)]), "longer than any scrip"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_in_words(name):
    content, words = DAMAGED[name]
    with pytest.raises(MasterFileError) as refused:
        read(content, Exchange.NSE_FO if "date" in name else Exchange.NSE_EQ)
    assert words in str(refused.value)


def test_a_file_of_too_many_rows_is_refused(monkeypatch):
    monkeypatch.setattr(master_file, "MOST_ROWS", 2)
    with pytest.raises(MasterFileError, match="more than 2 rows"):
        read(v2())
