"""All settings, from the environment or from a `.env` file beside manage.py. `.env.example` lists them.

A missing or senseless value is named at start, with an example of a good one.
"""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from backoffice import schedule
from backoffice.environment import (
    address,
    broker,
    clock,
    clock_hours,
    database,
    date_shapes,
    env,
    fernet_keys,
    folder,
    internet_address,
    mail_address,
    number,
    one_of,
    operation_names,
    required,
    rest_address,
    rest_key,
    rest_paths,
    some_of,
    switch,
    table,
    transport_options,
    weekdays,
)
from backoffice.log_settings import logging_of
from backoffice.rest.api.codes import Exchange, SecondFactor, Source

BASE_DIR = Path(__file__).resolve().parent.parent

environ.Env.read_env(BASE_DIR / ".env")
#: Everything that is made at run time: database, wake-ups, logs, collected static files.
VAR_DIR = Path(env.str("PORTAL_VAR", default=str(BASE_DIR / "var")))

# --- the portal -------------------------------------------------------------------------------------------------

SECRET_KEY = required("SECRET_KEY", "50 random characters")
DEBUG = switch("DEBUG")
PORTAL_ENVIRONMENT = one_of("PORTAL_ENVIRONMENT", "LIVE", ("DEMO", "UAT", "LIVE"))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORTAL_SEAL_KEYS = fernet_keys("PORTAL_SEAL_KEYS")

INSTALLED_APPS = [
    "backoffice",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_tables2",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "backoffice.kit",
    "backoffice.audit",
    "backoffice.logins",
    "backoffice.masters",
    "backoffice.odin",
    "backoffice.rest",
    "backoffice.delivery",
    "backoffice.changes",
    "backoffice.dealer",
    "backoffice.staff",
    "accounts",
    "limits",
    "markets",
    "partners",
    "trading",
    "runs",
    "backoffice.batches",
    "backoffice.reconciliation",
    "backoffice.notices",
    "backoffice.reports",
    "backoffice.health",
    "backoffice.exports",
    "backoffice.compliance",
    "backoffice.desk",
    "django.forms",  # its own form templates, for FORM_RENDERER
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backoffice.audit.middleware.RequestIdMiddleware",
    "backoffice.logs.RequestLogMiddleware",
    "csp.middleware.CSPMiddleware",
    "partners.middleware.ConnectorMiddleware",
    "backoffice.incoming.IncomingMiddleware",
    "backoffice.error_pages.MethodMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "backoffice.logins.middleware.HeadersMiddleware",
    "backoffice.logins.middleware.IdleMiddleware",
    "backoffice.logins.middleware.SecondFactorMiddleware",
    "backoffice.logins.middleware.StepUpMiddleware",
]

# Where there is no proxy in front, which compresses pages otherwise (deploy/nginx/portal.conf).
if PORTAL_ENVIRONMENT == "DEMO":
    MIDDLEWARE.insert(
        MIDDLEWARE.index("backoffice.audit.middleware.RequestIdMiddleware"),
        "django.middleware.gzip.GZipMiddleware",
    )

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backoffice.desk.context.frame",
            ],
        },
    },
]
FORM_RENDERER = "backoffice.kit.controls.Renderer"

AUTH_USER_MODEL = "logins.User"
LOGIN_URL = "logins:login"
LOGIN_REDIRECT_URL = "desk:today"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# How long the link with which somebody chooses a password works.
PASSWORD_LINK_MINUTES = number("PASSWORD_LINK_MINUTES", 60, 5, 1440)
PASSWORD_RESET_TIMEOUT = int(PASSWORD_LINK_MINUTES * 60)
SESSION_IDLE_MINUTES = number("SESSION_IDLE_MINUTES", 30, 1, 720)
# Before what is sensitive, who entered no password or code for so long is asked again.
STEP_UP_MINUTES = number("STEP_UP_MINUTES", 60, 1, 720)
LOCKOUT_TRIES = int(number("LOCKOUT_TRIES", 5, 1, 100))
LOCKOUT_MINUTES = number("LOCKOUT_MINUTES", 15, 1, 1440)

ACCOUNT_ADAPTER = "backoffice.logins.adapters.StaffAdapter"
ACCOUNT_FORMS = {
    "login": "backoffice.logins.forms.LoginForm",
    "change_password": "backoffice.logins.forms.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
# A session ends with the browser, at the latest SESSION_COOKIE_AGE after the login.
ACCOUNT_SESSION_REMEMBER = False
# Before one's second factor is changed, the password or a code is asked for again after so many seconds.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"login_failed": f"{LOCKOUT_TRIES}/{LOCKOUT_MINUTES * 60:.0f}s/key,60/m/ip"}
# Behind a proxy, the last forwarded address is the client's.
BEHIND_PROXY = switch("BEHIND_PROXY")
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = f"Back office {PORTAL_ENVIRONMENT}"
MFA_TOTP_TOLERANCE = 1  # clocks of telephones may be half a minute off
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_ADAPTER = "backoffice.logins.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "backoffice.logins.forms.CodeForm",
    "reauthenticate": "backoffice.logins.forms.CodeAgainForm",
}
# Single sign-on: only for staff that the portal knows. The first login binds the account at the provider, found by the
# e-mail address that the provider has verified; from then on that account counts, whatever its address becomes.
SOCIALACCOUNT_ADAPTER = "backoffice.logins.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
if OIDC_SERVER_URL := env.str("OIDC_SERVER_URL", default=""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": "sso",
            "name": env.str("OIDC_NAME", default="single sign-on"),
            "client_id": required("OIDC_CLIENT_ID", "portal"),
            "secret": required("OIDC_CLIENT_SECRET", "the secret that the provider made for the portal"),
            "settings": {"server_url": address("OIDC_SERVER_URL", "https://login.example.com/realms/broker")},
        }
    ]

# Counts of failed logins are shared by all processes of the portal and kept for their time; names of master lists need
# not be. Nothing else belongs into the first: it holds a row for each name and address that was tried.
CACHES = {
    "default": {"BACKEND": "backoffice.logins.throttles.ThrottleCache"},
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "Asia/Kolkata"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database ---------------------------------------------------------------------------------------------------

DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    folder(VAR_DIR)

# --- Celery: a task is a wake-up, the database is the queue -------------------------------------------------------

CELERY_BROKER_URL = broker("CELERY_BROKER_URL")
CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(CELERY_BROKER_URL, VAR_DIR / "broker")
# The same for RabbitMQ (seconds): a worker misses it after two that did not come. Only workers obey this. Who merely
# sends (beat, the web server, a worker its own wake-ups) finds out by a confirmation that does not come.
CELERY_BROKER_HEARTBEAT = 10
# A wake-up that finds no broker is given up soon, at once where the connection is refused: the sweep finds the work.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
# A worker that starts before its broker waits for it.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# However long it is away: by default workers and beat would end after a hundred tries.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Nobody reads results: outcomes are in the database.
CELERY_TASK_IGNORE_RESULT = True
# A broker that somebody else writes to must not be able to hand over objects.
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Acknowledged when taken: a task that kills its process must not come back without end, and losing it is harmless.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
# A wake-up that one worker keeps for later is one that no idle worker gets.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Set, because its default changes in Celery 6: a lost broker is no reason to stop a sending in the middle.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# A worker that must stop at once has this long (seconds) to finish what it is sending: a drain, and calls.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 90.0
# For `--pool prefork`: memory that a library leaks is given back now and then. Threads have no child to end.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
# Celery closes no database connection: `backoffice.celery` does, when it is broken or too old.
CELERY_DB_REUSE_MAX = sys.maxsize
# Lines are set up by `backoffice.celery` from LOGGING, which leaves Celery's own set-up out.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = schedule.SCHEDULE
# It keeps no file: a damaged one would end beat, or let it sleep.
CELERY_BEAT_SCHEDULER = "backoffice.beat:Scheduler"

# --- ODIN -------------------------------------------------------------------------------------------------------

ODIN_SERVICE_URL = address("ODIN_SERVICE_URL", "http://odin.example/UserCreation.svc/soap")
ODIN_WSDL_URL = address("ODIN_WSDL_URL", "http://odin.example/UserCreation.svc?singleWsdl")
ODIN_DEALER_ID = required("ODIN_DEALER_ID", "RESERVEDPG")
ODIN_DEALER_PASSWORD = required("ODIN_DEALER_PASSWORD", "the password of the reserved dealer")
ODIN_PASSWORD_KEY = required(
    "ODIN_PASSWORD_KEY", "the password encryption key of the vendor's document, section 3.4"
)
ODIN_PASSWORD_MODE = one_of("ODIN_PASSWORD_MODE", "CBC", ("CBC", "ECB"))
ODIN_PASSWORD_PADDING = one_of("ODIN_PASSWORD_PADDING", "PKCS7", ("PKCS7", "ZERO"))
ODIN_OPERATIONS = operation_names("ODIN_OPERATIONS")
ODIN_FORCE_LOGIN = switch("ODIN_FORCE_LOGIN")
ODIN_NEW_LIMIT_STRUCTURE = switch("ODIN_NEW_LIMIT_STRUCTURE", default=True)
ODIN_CLIENT_IP = internet_address("ODIN_CLIENT_IP", "127.0.0.1")
ODIN_CONNECT_TIMEOUT = number("ODIN_CONNECT_TIMEOUT", 5, 0.1, 60)
ODIN_READ_TIMEOUT = number("ODIN_READ_TIMEOUT", 20, 0.1, 300)
ODIN_TOTAL_TIMEOUT = number("ODIN_TOTAL_TIMEOUT", 30, 0.1, 300)

# --- the REST API: off while REST_BASE_URL is empty --------------------------------------------------------------

REST_BASE_URL = rest_address("REST_BASE_URL")
# Two credentials that may differ: in the body of a login, and in the header of every call. Both come from the
# environment, as the dealer's do, and are in no table.
REST_API_KEY = rest_key("REST_API_KEY", needed=bool(REST_BASE_URL))
REST_X_API_KEY = rest_key("REST_X_API_KEY", needed=False, default=REST_API_KEY)
REST_SOURCE = one_of("REST_SOURCE", "WEBAPI", tuple(Source))
REST_PATHS = rest_paths("REST_PATHS")
REST_SECOND_FACTORS = some_of("REST_SECOND_FACTORS", "TOTP,OTP", (*SecondFactor, "untyped"))
# Exchanges whose quantities are lots. Others count units.
REST_LOTS = some_of("REST_LOTS", "", tuple(Exchange))
REST_COVER_LIMIT = switch("REST_COVER_LIMIT")
REST_GTD_CANCEL_QUERY = switch("REST_GTD_CANCEL_QUERY", default=True)
# The key that the vendor gives out for the profile. Without it the profile is not read.
REST_PROFILE_KEY = rest_key("REST_PROFILE_KEY", needed=False)
REST_CONNECT_TIMEOUT = number("REST_CONNECT_TIMEOUT", 5, 0.1, 300)
REST_TOTAL_TIMEOUT = number("REST_TOTAL_TIMEOUT", 20, 0.1, 300)
# Megabytes of an answer that are read at most: of any call, and of a book.
REST_ANSWER_MB = number("REST_ANSWER_MB", 2, 0.1, 100)
REST_BOOK_MB = number("REST_BOOK_MB", 20, 0.1, 500)

# --- the order desk: off unless ORDER_DESK is on -----------------------------------------------------------------

ORDER_DESK = one_of("ORDER_DESK", "off", ("off", "on")) == "on"
# Minutes after which an unused session of a client at the desk ends.
REST_SESSION_MINUTES = number("REST_SESSION_MINUTES", 15, 1, 60)
# Rupees: of one order, of one client a day, of one dealer a day.
DESK_ORDER_CAP = Decimal(int(number("DESK_ORDER_CAP", 1_000_000, 1, 10**11)))
DESK_CLIENT_CAP = Decimal(int(number("DESK_CLIENT_CAP", 5_000_000, 1, 10**12)))
DESK_DEALER_CAP = Decimal(int(number("DESK_DEALER_CAP", 20_000_000, 1, 10**12)))
# Seconds between two looks for an order whose outcome is unknown.
DESK_LOOK_SECONDS = number("DESK_LOOK_SECONDS", 30, 0, 600)

# --- ODIN Connector: off unless CONNECTOR is on ------------------------------------------------------------------

CONNECTOR = one_of("CONNECTOR", "off", ("off", "on")) == "on"
CONNECTOR_MODELS = some_of("CONNECTOR_MODELS", "1,2", ("1", "2", "3"))
# Orders of runs a second, over all processes; the rules of the exchanges allow fewer than 10 of one client (C42).
CONNECTOR_ORDERS_PER_SECOND = number("CONNECTOR_ORDERS_PER_SECOND", 5, 0.1, 9.9)
# The name of the broker on pages and in mails that clients see.
CONNECTOR_BROKER_NAME = env.str("CONNECTOR_BROKER_NAME", default="").strip()
# Where clients and the vendor reach /connector/; with CONNECTOR_HOST it answers on that host alone, staff pages do not.
CONNECTOR_PUBLIC_URL = rest_address("CONNECTOR_PUBLIC_URL")
CONNECTOR_HOST = env.str("CONNECTOR_HOST", default="").lower()
# The vendor's services, each at its own base address: none has a default.
CONNECTOR_LANDING_URL = rest_address("CONNECTOR_LANDING_URL")
CONNECTOR_VAS_URL = rest_address("CONNECTOR_VAS_URL")
CONNECTOR_BROKERS_URL = rest_address("CONNECTOR_BROKERS_URL")
CONNECTOR_SYNC_URL = rest_address("CONNECTOR_SYNC_URL")
CONNECTOR_KEYS_URL = rest_address("CONNECTOR_KEYS_URL")
# What the call for keys sends as sPartnerAppId; empty: the Partner ID.
CONNECTOR_PARTNER_APP_ID = env.str("CONNECTOR_PARTNER_APP_ID", default="")
# JSON with $token, $two_way_token, $partner_id and $sequence; no public page tells what sync takes.
CONNECTOR_SYNC_BODY = env.str("CONNECTOR_SYNC_BODY", default="")
# How often the vendor may check a two-way token within its ten minutes.
CONNECTOR_TOKEN_USES = int(number("CONNECTOR_TOKEN_USES", 1, 1, 10))
# "flat": each line carries the header's fields too. Segment ids: "plain", "mapped", or "" while that is not known.
CONNECTOR_BASKET_SHAPE = one_of("CONNECTOR_BASKET_SHAPE", "list", ("list", "flat"))
CONNECTOR_SEGMENT_IDS = one_of("CONNECTOR_SEGMENT_IDS", "", ("", "plain", "mapped"))
CONNECTOR_CODES = one_of("CONNECTOR_CODES", "numbers", ("numbers", "names"))
CONNECTOR_SPELLINGS = table(
    "CONNECTOR_SPELLINGS", "[A-Za-z]+", "[A-Za-z0-9]+", "orgQty:orgQTY,ordGTD:ordGTD1"
)
CONNECTOR_DECIMAL_LOCATORS = {
    exchange: int(locator)
    for exchange, locator in table(
        "CONNECTOR_DECIMAL_LOCATORS", "|".join(Exchange), "[1-9][0-9]{0,8}", "NSE_CUR:10000000"
    ).items()
}
# What the status codes of callbacks mean. A code that is not here leaves an invitation "returned, unclear".
CONNECTOR_STATUS_CODES = table(
    "CONNECTOR_STATUS_CODES", r"[!-+\--9;-~]{1,50}", "ok|failed|invalid", "S101:ok"
)
CONNECTOR_SESSION_HOURS = number("CONNECTOR_SESSION_HOURS", 24, 0.01, 24)
# Seconds: the AuthCode check, any other call of ours, and the answer to a call of the vendor.
CONNECTOR_VAS_TIMEOUT = number("CONNECTOR_VAS_TIMEOUT", 3, 0.1, 10)
CONNECTOR_TOTAL_TIMEOUT = number("CONNECTOR_TOTAL_TIMEOUT", 10, 0.1, 60)
CONNECTOR_ANSWER_SECONDS = number("CONNECTOR_ANSWER_SECONDS", 5, 1, 30)

# --- scrip masters -----------------------------------------------------------------------------------------------

# Where EXCHANGE.json is fetched each morning and by hand; empty: scrip masters are uploaded.
SCRIP_MASTER_URL = rest_address("SCRIP_MASTER_URL")
SCRIP_FETCH_SECONDS = number("SCRIP_FETCH_SECONDS", 300, 1, 3600)

# --- delivery ---------------------------------------------------------------------------------------------------

DELIVERY_LEASE_SECONDS = number("DELIVERY_LEASE_SECONDS", 60, 1, 3600)
DELIVERY_HOLD_SECONDS = number("DELIVERY_HOLD_SECONDS", 30, 0, 3600)
DELIVERY_MAX_ATTEMPTS = int(number("DELIVERY_MAX_ATTEMPTS", 8, 1, 100))
DELIVERY_MAX_MINUTES = number("DELIVERY_MAX_MINUTES", 15, 1, 1440)
DELIVERY_PARALLEL = int(number("DELIVERY_PARALLEL", 4, 1, 64))
# Messages a second, all workers together; 0: as fast as they go.
DELIVERY_RATE = number("DELIVERY_RATE", 0, 0, 1000)
# When messages may go to ODIN, in Kolkata; empty: at any hour, and on every day, holidays too.
SENDING_HOURS = clock_hours("SENDING_HOURS")
SENDING_DAYS = weekdays("SENDING_DAYS")
if DELIVERY_LEASE_SECONDS <= ODIN_TOTAL_TIMEOUT:
    raise ImproperlyConfigured(
        "DELIVERY_LEASE_SECONDS must be longer than ODIN_TOTAL_TIMEOUT: a claim must outlive the call it covers."
    )
# For `--pool prefork` (seconds): they end what hangs elsewhere than in a call, and so must be longer than tasks that
# wait for ODIN ever take. One that delivers claims nothing more 20 seconds and a call after its start, and what it
# claimed ends with its lease. A question goes out twice at most, each time after a logon. The rest is for the database.
# A thread cannot be ended: there the call's own deadline ends a call, and the lease gives a delivery to others.
CELERY_TASK_SOFT_TIME_LIMIT = (
    20 + ODIN_TOTAL_TIMEOUT + max(3 * ODIN_TOTAL_TIMEOUT, DELIVERY_LEASE_SECONDS) + 30
)
# A task that must end still waits for running calls.
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + ODIN_TOTAL_TIMEOUT + 10

# --- batches: uploaded files -------------------------------------------------------------------------------------

BATCH_MAX_UNPACKED_MB = int(number("BATCH_MAX_UNPACKED_MB", 500, 1, 8192))
BATCH_MAX_ROWS = int(number("BATCH_MAX_ROWS", 200_000, 1, 1_000_000))
BATCH_MAX_COLUMNS = int(number("BATCH_MAX_COLUMNS", 400, 1, 2000))
BATCH_DATE_SHAPES = date_shapes("BATCH_DATE_SHAPES", "DD-MM-YYYY,YYYY-MM-DD,DD-MMM-YYYY")
BATCH_MAX_MEGABYTES = number("BATCH_MAX_MEGABYTES", 200, 0.001, 2000)
BATCH_FILE_DAYS = number("BATCH_FILE_DAYS", 30, 0.01, 3650)
BATCH_LEASE_SECONDS = number("BATCH_LEASE_SECONDS", 20, 1, 600)

# --- exports ----------------------------------------------------------------------------------------------------

EXPORT_DIRECT_ROWS = int(number("EXPORT_DIRECT_ROWS", 5000, 0, 100_000))
EXPORT_FILE_DAYS = number("EXPORT_FILE_DAYS", 2, 0.01, 3650)

# --- changes ----------------------------------------------------------------------------------------------------

# Rupees. Deposits above need two checkers, until an admin's approval rule says otherwise.
CHANGES_TWO_CHECKERS_ABOVE = number("CHANGES_TWO_CHECKERS_ABOVE", 1_000_000, 0.01, 1e13)
# Days after which an undecided change expires; 0: never.
CHANGES_EXPIRE_AFTER_DAYS = number("CHANGES_EXPIRE_AFTER_DAYS", 7, 0, 365)
# A draft is deleted after so many days without an edit; 0: never.
DRAFTS_EXPIRE_AFTER_DAYS = number("DRAFTS_EXPIRE_AFTER_DAYS", 30, 0, 3650)

# --- notices and e-mail: off while EMAIL_HOST is empty ------------------------------------------------------------

# Where people open the portal: the link in a mail.
PORTAL_URL = rest_address("PORTAL_URL")
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = int(number("EMAIL_PORT", 587, 1, 65535))
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
_email_security = one_of("EMAIL_SECURITY", "starttls", ("starttls", "tls", "none"))
EMAIL_USE_TLS, EMAIL_USE_SSL = _email_security == "starttls", _email_security == "tls"
DEFAULT_FROM_EMAIL = mail_address("EMAIL_FROM", "portal@localhost", needed=bool(EMAIL_HOST))
EMAIL_TIMEOUT = number("EMAIL_TIMEOUT", 10, 1, 60)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
# When the daily digest goes out, in Kolkata.
NOTICE_DIGEST_AT = clock("NOTICE_DIGEST_AT", "09:00")
if EMAIL_HOST and not PORTAL_URL:
    raise ImproperlyConfigured(
        "PORTAL_URL is not set, and EMAIL_HOST is. Set it to the address of the portal, for example "
        "https://portal.example: mails link to it."
    )
if EMAIL_HOST and bool(EMAIL_HOST_USER) != bool(EMAIL_HOST_PASSWORD):
    raise ImproperlyConfigured("EMAIL_HOST_USER and EMAIL_HOST_PASSWORD go together: set both, or neither.")
if EMAIL_HOST_USER and _email_security == "none":
    raise ImproperlyConfigured(
        "EMAIL_SECURITY is 'none' with EMAIL_HOST_USER: the password would cross the network in the clear. "
        "Use starttls or tls."
    )

# --- metrics and audit ------------------------------------------------------------------------------------------

# What monitoring sends as "Authorization: Bearer ..."; without one there is no /metrics.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# A broker's records are kept 8 years; the database itself lets go of nothing younger than 5.
AUDIT_RETENTION_YEARS = int(number("AUDIT_RETENTION_YEARS", 8, 5, 100))

# --- static files -----------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
# No other site needs our files.
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- security ---------------------------------------------------------------------------------------------------

# The demonstration is served over plain http on the loopback address; everything else over https.
_https = not DEBUG and PORTAL_ENVIRONMENT != "DEMO"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_ENGINE = "backoffice.logins.sessions"
SESSION_COOKIE_AGE = 12 * 3600  # from the login on, whatever is done meanwhile
# Where a proxy or another port shares the host, cookies of others are not taken for ours.
SESSION_COOKIE_NAME = "__Host-session" if _https else "portal_session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "portal_csrf"
SESSION_COOKIE_SAMESITE = "Lax"  # Strict would lose the session on the way back from single sign-on
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "backoffice.error_pages.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# The form of a new retail user with many banks and demat accounts has a few thousand fields at most.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- logging ----------------------------------------------------------------------------------------------------

LOGGING = logging_of(
    shape=one_of("LOG_FORMAT", "console" if PORTAL_ENVIRONMENT == "DEMO" else "json", ("json", "console")),
    level=one_of("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
)
