"""Codes with their meanings. The three code systems of segments are deliberately separate (A7)."""

from enum import StrEnum


class Choice(StrEnum):
    """A code: `value` is the text on the wire, `label` its meaning."""

    label: str

    def __new__(cls, value: str, label: str) -> "Choice":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Segment(Choice):
    """Market segments of users (section 4.5.3, U7)."""

    NSE_CASH = "1", "NSE Cash"
    NSE_DERIVATIVES = "2", "NSE Derivatives"
    BSE_CASH = "3", "BSE Cash"
    BSE_DERIVATIVES = "4", "BSE Derivatives"
    MCX_FUTURES = "5", "MCX Futures"
    NCDEX_FUTURES = "7", "NCDEX Futures"
    BSE_SLBM = "9", "BSE SLBM"
    MSE_CURRENCY = "11", "MSE Currency Futures"
    NSE_CURRENCY = "13", "NSE CDS Futures"
    MSE_CASH = "15", "MSE Cash"
    MSE_DERIVATIVES = "16", "MSE Derivatives"
    NSE_SLBM = "17", "NSE SLBM"
    BSE_COMMODITY = "18", "BSE Commodity"
    NSE_COMMODITY = "19", "NSE Commodity F&O"
    BSE_OFS = "25", "BSE OFS"
    NSE_OFS = "33", "NSE OFS"
    ICEX = "34", "ICEX"
    BSE_CURRENCY = "38", "BSE CDS"
    MUTUAL_FUND = "41", "Mutual Fund"


class QvlExchange(Choice):
    """Exchange codes of quantity and value limit templates (section 4.10.1)."""

    NSE_EQUITIES = "1", "NSE Equities"
    NSE_FUTURES = "2", "NSE Futures"
    NSE_OPTIONS = "3", "NSE Options"
    BSE_EQUITIES = "4", "BSE Equities"
    BSE_FUTURES = "5", "BSE Futures"
    BSE_OPTIONS = "6", "BSE Options"
    MCX_FUTURES = "7", "MCX Futures"
    NCDEX_FUTURES = "8", "NCDEX Futures"
    BSE_SLBM = "9", "BSE SLBM"
    MSE_CURRENCY_FUTURES = "10", "MSE Currency Futures"
    MSE_EQUITIES = "11", "MSE Equities"
    MSE_FUTURES = "12", "MSE Futures"
    MSE_OPTIONS = "13", "MSE Options"
    BSE_COMMODITY_FUTURES = "15", "BSE Commodity Futures"
    MSE_CURRENCY_OPTIONS = "16", "MSE Currency Options"
    NSE_SLBM = "17", "NSE SLBM"
    NSE_CURRENCY_OPTIONS = "18", "NSE Currency Options"
    NSE_COMMODITY_FUTURES = "23", "NSE Commodity Futures"
    NSE_COMMODITY_OPTIONS = "24", "NSE Commodity Options"
    BSE_OTS = "27", "BSE OTS"
    ICEX = "38", "ICEX"
    NSE_OTS = "43", "NSE OTS"
    BSE_CURRENCY_FUTURES = "44", "BSE Currency Futures"
    BSE_CURRENCY_OPTIONS = "45", "BSE Currency Options"
    MCX_OPTIONS = "47", "MCX Options"
    NCDEX_OPTIONS = "48", "NCDEX Options"
    BSE_COMMODITY_OPTIONS = "49", "BSE Commodity Options"


class RestExchange(Choice):
    """Exchange ids of the REST API, which the stock view's OtherSegmentTokens use (A7)."""

    NSE_EQ = "1", "NSE Equity"
    NSE_FO = "2", "NSE F&O"
    BSE_FO = "4", "BSE F&O"
    BSE_EQ = "8", "BSE Equity"
    MCX_FO = "16", "MCX F&O"
    NCDEX_FO = "64", "NCDEX F&O"
    MSE_CUR = "1024", "MSE Currency"
    NSE_CUR = "2048", "NSE Currency"
    BSE_COMM = "16384", "BSE Commodity"
    NSE_COMM = "32768", "NSE Commodity"
    BSE_CUR = "268435456", "BSE Currency"
    NSE_OTS = "536870912", "NSE OTS"


class LoginType(Choice):
    """Products through which a user logs in (tag 223, U7)."""

    DIET = "1", "DIET"
    AERO = "13", "ODIN Aero"
    API_WEB = "16", "API Web (IBT-EX)"
    API_MOBILE = "17", "API Mobile (Mobile EX)"
    HTML5_DESKTOP = "18", "HTML5 Desktop"
    WAVE_MOBILE = "23", "ODIN Wave Mobile"


class UserCategory(Choice):
    """Tag 208."""

    RETAIL = "2", "Retail user"
    INSTITUTIONAL = "3", "Institutional user"
    WEB_RETAIL = "4", "Web retail user"
    INSTITUTIONAL_WEB = "5", "Institutional web user"


class UserStatus(Choice):
    """Tag 218."""

    ACTIVE = "A", "Active"
    SUSPENDED = "S", "Suspended"
    INACTIVE = "I", "Inactive"


class Surveillance(Choice):
    """Tag 219."""

    AUTO = "0", "Automatic"
    MANUAL = "1", "Manual"


class OdinUserType(Choice):
    """Tag 230."""

    NON_ODIN = "0", "Non-ODIN user"
    ODIN = "1", "ODIN user"


class ProductAllowed(Choice):
    """Tag 231 (U3)."""

    MUTUAL_FUND = "2", "Mutual fund"
    IPO = "3", "IPO"
    PMS = "4", "PMS"
    BOND = "14", "Bond"
    THREE_IN_ONE = "32", "3-in-1 account"


class Gender(Choice):
    """Tag 233."""

    MALE = "M", "Male"
    FEMALE = "F", "Female"
    FIRM = "NA", "Not applicable (firm)"


class YesNo(Choice):
    """Tag 237 and Default DP."""

    YES = "Y", "Yes"
    NO = "N", "No"


class Incorporation(Choice):
    """Tag 238: set if tag 229 is a date of incorporation."""

    FIRM = "1", "Date of incorporation of a firm"


class Considered(Choice):
    """Tag 240, and 278 in 320."""

    NO = "0", "Not considered"
    YES = "1", "Considered"


class Poa(Choice):
    """Tag 244, and 282 in 320: 0 grants (U8)."""

    GRANTED = "0", "Power of attorney granted"
    NOT_GRANTED = "2", "No power of attorney"


class ProductType(Choice):
    """Tag 248."""

    MARGIN = "1", "Margin/Intraday"
    DELIVERY = "2", "Delivery/Carry forward"
    MARGIN_PLUS = "4", "MarginPlus"
    MTF = "8", "MTF"
    PTST = "64", "PTST"


class AccountType(Choice):
    """Bank account types (section 4.5.1)."""

    CURRENT = "CA", "Current"
    SAVINGS = "SB", "Savings"
    NRE = "NRE", "NRE"
    NRO = "NRO", "NRO"


class DefaultBank(Choice):
    """Is Default Bank (section 4.5.1)."""

    NO = "0", "No"
    YES = "1", "Yes"


class RecordAction(Choice):
    """Action of a bank or demat record in 320 (U5), and of a channel in 322 (section 4.18.1)."""

    PUT = "1", "Insert or modify"
    DELETE = "2", "Delete"


class HoldingType(Choice):
    """Holding type of a demat account (section 4.5.2)."""

    SINGLE = "1", "First holder only"
    JOINT_ONE = "2", "Joint, first and second holder"
    JOINT_TWO = "3", "Joint, first, second and third holder"


class ModeAllowed(Choice):
    """Mutual-fund modes; a sum of RTA 1, NSE 2, BSE 4 (section 4.5.4)."""

    RTA = "1", "RTA"
    NSE = "2", "NSE"
    RTA_NSE = "3", "RTA and NSE"
    BSE = "4", "BSE"
    RTA_BSE = "5", "RTA and BSE"
    NSE_BSE = "6", "NSE and BSE"
    RTA_NSE_BSE = "7", "RTA, NSE and BSE"


class BseTransactionMode(Choice):
    """Section 4.5.4."""

    DEMAT = "0", "Demat"
    PHYSICAL = "1", "Physical"
    BOTH = "2", "Demat and physical"


class HoldingMode(Choice):
    """Mutual-fund holding mode (section 4.5.4)."""

    SINGLE = "SI", "Single"
    JOINT = "JO", "Joint"
    SURVIVOR = "AS", "Anyone or survivor"


class Form60(Choice):
    """Form 60 status inside 232."""

    SUBMITTED = "1", "Form 60 submitted"


class KarvyPaymentMode(Choice):
    """Section 4.5.4."""

    AUTOMATIC = "AM", "Auto mapping"
    CHEQUE = "C", "Cheque"
    ECS = "E", "ECS"
    RTGS = "R", "RTGS"
    NEFT = "N", "NEFT"


class OtherRtaPaymentMode(Choice):
    """Section 4.5.4."""

    AUTOMATIC = "AM", "Auto mapping"
    CHEQUE = "CHEQUE", "Cheque"


class TemplateType(Choice):
    """Tag 270 (section 4.9)."""

    USER_PRIVILEGE = "1", "User privilege"
    SCRIP_BASKET = "2", "Scrip basket"
    CLIENT_FACILITY = "5", "Client facility"
    AUTHENTICATION = "8", "Authentication"
    NEWS_CATEGORY = "9", "News category"
    CRP = "11", "CRP"
    BROKERAGE = "12", "Brokerage"


class Level(Choice):
    """Tag 272, and the level of a QVL template."""

    GLOBAL = "0", "Global"
    BRANCH = "1", "Branch"


class MappingAction(Choice):
    """Action of a dealer mapping (section 4.11.1)."""

    ADD = "A", "Add"
    REMOVE = "R", "Remove"


class ChannelName(Choice):
    """Message channels (section 4.18.1)."""

    SMS = "SMS", "SMS"
    EMAIL = "EMAIL", "E-mail"
    ONLINE = "ONLINE", "Online"
    ONLINE_BALLOON = "ONLINEB", "Online with balloon"
    ONLINE_POPUP = "ONLINEP", "Online with pop-up"
    ONLINE_BOTH = "ONLINEPB", "Online with balloon and pop-up"
    PMS_SERVICE = "PMSSERVICE", "PMS service"
    NOTIFICATION = "NOTIFICATION", "Notification"


class ChannelStatus(Choice):
    """Status of a channel (section 4.18.1)."""

    INACTIVE = "0", "Inactive"
    ACTIVE = "1", "Active"


class BreachAction(Choice):
    """Tags 282 and 286 of 324."""

    ALERT = "0", "Alert only"
    TRIGGER = "1", "Square off automatically"


class InactivateUser(Choice):
    """Tags 283 and 287 of 324."""

    NO = "0", "User stays active"
    YES = "1", "User is made inactive"


class SettingAction(Choice):
    """Tag 288 of 324."""

    ADD = "1", "Add"
    MODIFY = "2", "Modify"
    DELETE = "3", "Delete"


class FundsProduct(Choice):
    """Tag 275 of 316."""

    TRADING = "1", "Trading"


class AddressType(Choice):
    """Tags 350 and 361 of 346."""

    HOUSE = "1", "House"
    OFFICE = "2", "Office"
    OTHER = "3", "Other"


class ConnectionType(Choice):
    """Tag 51 of 101."""

    SERVICE = "4", "Service"


class ForceLogin(Choice):
    """Tag 5005 of 101 (M5)."""

    YES = "1", "End the other session"


class ResponseCode(Choice):
    """Tag 18."""

    FAILURE = "0", "Failure"
    SUCCESS = "1", "Success"


class LogonStatus(Choice):
    """Tag 70 (section 4.2, A6); `success` says whether a session was opened."""

    success: bool

    def __new__(cls, value: str, label: str, success: bool = False) -> "LogonStatus":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.success = success
        return member

    VALID = "10000", "Logged on", True
    INVALID_USER = "10001", "The dealer id is not known"
    INVALID_PASSWORD = "10002", "The password is wrong"
    LOCKED = "10003", "The dealer is locked"
    EXPIRY_WARNING = "10004", "Logged on; the password expires soon", True
    LOCKED_NOW = "10005", "The password is wrong and the dealer is now locked"
    PASSWORD_CHANGED = "10006", "Logged on; the password was changed", True
    PASSWORD_EXPIRED = "10007", "The password has expired and must be changed"
    ALREADY_LOGGED_IN = "10008", "The dealer is logged on elsewhere"
    PASSWORD_REFUSED = "10009", "The password breaks ODIN's rules"
    INVALID_LICENCE = "10010", "The licence is invalid"
    INVALID_CONNECTION = "10011", "The connection type is invalid"
    INVALID_MOBILE = "10012", "The mobile number is invalid"
    SAME_PASSWORD = "10013", "The new password is the same as the last one"
    RMS_FAILED = "10014", "The message to RMS failed"
    INVALID_PURGE = "10015", "The purge value is invalid"
    SUSPENDED = "10016", "The dealer is suspended"
    DELETED = "10017", "The dealer is deleted"
    NO_SERVER_LICENCE = "10028", "No server licence for the API is available"
    FAILED = "0", "The logon failed; try later, then ask the broker's ODIN administrator"
    NO_RESPONSE = "1", "ODIN's server did not answer"
    INVALID_LENGTH = "2", "The dealer id or password is too long"
    NO_EXCHANGES = "3", "No exchange is allowed to the dealer"
    NO_TRADING = "4", "Trading is not allowed to the dealer"
    INVALID_MODE = "5", "The login mode is invalid"
