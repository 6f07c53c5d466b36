"""All settings, every value from the environment (see docs/operations.md for the list)."""

import datetime as dt
import secrets
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # admits invented data and shows 演示数据; never implied by DEBUG
TESTING = env.bool("TESTING", default=False)
HTTPS = env.bool("HTTPS", default=False)  # on in production, behind the reverse proxy
if env.str("FAULT_POINT", default="") and not TESTING:
    raise ImproperlyConfigured("环境变量 FAULT_POINT 只用于测试（让进程在指定处停下或出错），请去掉它再启动。")


def _stored_secret() -> str:
    """A random key kept in var/: enough for one machine without HTTPS; production names its own."""
    path = VAR_DIR / "secret_key"
    VAR_DIR.mkdir(exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if HTTPS:
        raise ImproperlyConfigured("请设置环境变量 SECRET_KEY（至少 50 个随机字符），否则不能以 HTTPS 方式启动。")
    SECRET_KEY = "for-tests-only-" * 5 if TESTING else _stored_secret()

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_ORIGIN = env.str("PUBLIC_ORIGIN", default="http://127.0.0.1:8000")  # printed in QR codes

COUNTY_NAME = env.str("COUNTY_NAME", default="宽城满族自治县")
REGION_CODE = env.str("REGION_CODE", default="130827")
UPSTREAM_PLATFORM = env.str("UPSTREAM_PLATFORM", default="河北省双随机监管工作平台")
BRAND_NAME = "双随机联合抽查"
COMPLAINT_PHONE = env.str("COMPLAINT_PHONE", default="12345")

INSTALLED_APPS = [
    "registry",
    "sampling",
    "inspections",
    "publicity",
    "kuancheng_inspect.apps.ProjectConfig",
    "kuancheng_inspect.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "kuancheng_inspect.apps.StaticConfig",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
]

MIDDLEWARE = [
    "kuancheng_inspect.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kuancheng_inspect.middleware.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "kuancheng_inspect.middleware.AccessMiddleware",
    "kuancheng_inspect.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "kuancheng_inspect.urls"
WSGI_APPLICATION = "kuancheng_inspect.wsgi.application"

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
                "kuancheng_inspect.context.shell",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- database: SQLite embedded, PostgreSQL for an office -------------------------------------------------------------
VAR_DIR.mkdir(exist_ok=True)
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'development.sqlite3'}")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False  # services open their own transactions
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
        ),
    }
else:
    DATABASES["default"]["ENGINE"] = "kuancheng_inspect.postgresql"
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        "options": (
            f"-c lock_timeout={env.int('LOCK_TIMEOUT_MS', default=3000)}"
            f" -c statement_timeout={env.int('STATEMENT_TIMEOUT_MS', default=15000)}"
            " -c idle_in_transaction_session_timeout=30000"
            " -c jit=off"  # pages ask many short questions; compiling one takes longer than answering it
        ),
        "connect_timeout": 3,  # a machine that is gone does not even refuse
        "prepare_threshold": 0,  # for the statements of registry/statements.py; the ORM's own are never prepared
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache and sessions live in the database: sign-in limits and pages never need Redis (decisions).
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}}
SESSION_ENGINE = "kuancheng_inspect.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_SAVE_EVERY_REQUEST = False

# --- accounts --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "registry.User"
AUTHENTICATION_BACKENDS = [
    "kuancheng_inspect.accounts.Backend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "kuancheng_inspect.accounts.MinimumLength",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "kuancheng_inspect.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "publicity:home"
# Wrong passwords are braked by registry/services/signin.py, in a table of their own (ADR 0008).
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": None}
if DEMO or TESTING:
    # many people share one address (127.0.0.1) there; the limit per account stays on
    ACCOUNT_RATE_LIMITS = {"login": "1000/m/ip", "login_failed": None}
USERSESSIONS_TRACK_ACTIVITY = False
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)  # 1 behind the reverse proxy
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = BRAND_NAME
REQUIRE_TWO_FACTORS = env.bool("REQUIRE_TWO_FACTORS", default=not (DEBUG or DEMO or TESTING))
# Off only in the control run of the kill-and-count harness, which must then count doubles (trust.md, Appendix A).
OPERATION_KEYS = not (TESTING and env.bool("OPERATION_KEYS_OFF", default=False))

# --- the form in the field -------------------------------------------------------------------------------------------
REST_OK = env.bool("REST_OK", default=False)  # 其余全部符合: convenient, and a temptation; the office decides
# Submission asks for the second officer: confirmed from the own login, signed by hand, or signed on a scanned paper.
REQUIRE_SECOND_OFFICER = env.bool("REQUIRE_SECOND_OFFICER", default=not (DEBUG or TESTING))
# Requests of one phone at once before 429 (per account and process, 4 a second afterwards); 0 = no limit.
SYNC_BURST = env.int("SYNC_BURST", default=600)
PHONE_OFFLINE = env.bool("PHONE_OFFLINE", default=True)

if TESTING:
    PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
        if TESTING
        else "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    ]

# --- language and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
# What depends on the calendar (open deadlines), named here because the registry may not import the later apps: the job
# that moves them after a change, what a calendar not yet saved would move, and what is due on which day.
AFTER_CALENDAR_LOADED = "publicity.tasks.recompute_deadlines"
CALENDAR_IMPACT = "publicity.services.calendar_impact"
DEADLINES_BY_DAY = "publicity.services.deadlines_by_day"
_close = env.str("CLOSE_OF_BUSINESS", default="")  # e.g. 17:30; empty: a day lasts until 24:00
CLOSE_OF_BUSINESS = dt.time.fromisoformat(_close) if _close else None
CLOCK_PIN = env.str("CLOCK_PIN", default="")  # demo only: an ISO time at which registry.clock starts

# --- files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns about a missing one
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
# Beside the files: so the sweep, in another container, finds what a killed process was receiving.
FILE_UPLOAD_TEMP_DIR = MEDIA_ROOT / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "registry.stores.WholeFileStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if (DEBUG or DEMO or TESTING)
        else "kuancheng_inspect.storage.ManifestStorage"
    },
}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "pdf", "woff", "woff2", "otf"]
WHITENOISE_USE_FINDERS = DEBUG or DEMO or TESTING
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 << 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- Celery: effects live in the database, the broker only carries ids -----------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        # One try and no second: whoever clicks waits for it (registry/jobs.py). The worker has its own patience.
        "max_retries": 0,
        "socket_timeout": 0.4,
        "socket_connect_timeout": 0.4,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.05}

# --- headers ---------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "img-src": [SELF, "blob:", "data:"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sid"
    CSRF_COOKIE_NAME = "__Host-csrf"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "kuancheng_inspect.views.csrf_failure"

EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
# Group robots (企业微信, 钉钉) people may have their messages sent to; this machine itself only where asked for.
WEBHOOK_HOSTS = env.list("WEBHOOK_HOSTS", default=["qyapi.weixin.qq.com", "oapi.dingtalk.com"])
WEBHOOK_LOOPBACK = env.bool("WEBHOOK_LOOPBACK", default=False)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="noreply@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "registry.tracing.RequestIdFilter"}},
    "formatters": {"plain": {"format": "{asctime} {levelname} {request_id} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["request_id"]},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {"weasyprint": {"level": "WARNING"}, "fontTools": {"level": "ERROR"}},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
MESSAGE_TAGS = {40: "danger"}
