"""Settings of the site: one file, read from the environment.

Nothing needs to be set on a developer's machine: without `DATABASE_URL` and `REDIS_URL` the embedded services
of `perg_site.embedded` are used, and what starts the site makes a secret key in `PERG_HOME`. Reading the settings makes
and starts nothing.
"""

from pathlib import Path

import django_stubs_ext

from core.secrets.environment import hide_setting
from perg_site import embedded
from perg_site.deployment.environment import SettingsEnvironment, protect_service

django_stubs_ext.monkeypatch()  # generic classes such as ModelAdmin[Run] can be subscripted at run time

env = SettingsEnvironment()

BASE_DIR = Path(__file__).resolve().parent.parent
PERG_HOME = embedded.home()

SECRET_KEY = env.secret("SECRET_KEY") or embedded.secret_key(PERG_HOME)
hide_setting(SECRET_KEY)
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "core",
    "evaluation",
    "annotations",
    "perg_site",
]

MIDDLEWARE = [
    "core.http.proxies.TrustedProxyMiddleware",
    "core.middleware.response_headers.ResponseHeadersMiddleware",
    "core.middleware.request_checks.HttpsMiddleware",
    "core.middleware.request_checks.RequestTextMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.users.login.origin.OriginMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.users.login.known_browser.KnownBrowserMiddleware",
    "core.middleware.request_checks.SlashMiddleware",
    "core.middleware.body_limits.BodyLimitMiddleware",  # before the CSRF check, which reads the body
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.users.sessions.limits.SessionLimitsMiddleware",
    "core.users.login.refusals.RefusalsMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.same_person.SamePersonMiddleware",
    "core.users.second_factor.gate.SecondFactorMiddleware",
    "core.http.problem_details.DomainErrorMiddleware",
]

AUTH_USER_MODEL = "core.User"
ROOT_URLCONF = "perg_site.urls"
WSGI_APPLICATION = "perg_site.wsgi.application"

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
                "perg_site.navigation.navigation",
            ],
        },
    },
]

# --- Services: the environment names them, or the embedded ones stand in ------------------------------------

DATABASE_URL = embedded.database_url(PERG_HOME)
protect_service(DATABASE_URL)
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
hide_setting(DATABASES["default"].get("PASSWORD"))
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":  # any other is refused by a check
    DATABASES["default"]["ENGINE"] = "perg_site.postgresql"
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A statement that sends its values beside its text is prepared when it comes the second time on a connection. Only
# `core.db.prepared` sends such; behind a pooler that keeps no prepared statements, set DATABASE_PREPARE=0.
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = (
    1 if env.bool("DATABASE_PREPARE", default=True) else None
)
max_age = env.int("DATABASE_MAX_AGE", default=60)
pool_size = env.int("DATABASE_POOL_SIZE", default=10)
if env.bool("DATABASE_POOL", default=False):
    # A pool is made per process; the web server's threads share it. Celery's processes keep one connection each.
    options = DATABASES["default"].setdefault("OPTIONS", {})
    options["pool"] = {"min_size": 1, "max_size": pool_size}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = max_age

REDIS_URL = embedded.redis_url(PERG_HOME)
protect_service(REDIS_URL)
CACHES = {
    "default": {"BACKEND": "core.redis.cache.ForgivingCache", "LOCATION": REDIS_URL},
    "sessions": {"BACKEND": "core.redis.session_cache.SessionCache", "LOCATION": REDIS_URL},
    # Attempts are counted here, by each process for itself, while Redis is away.
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}
# Every request reads its session. They are in PostgreSQL; Redis saves the query.
SESSION_ENGINE = "core.users.sessions.store"
SESSION_CACHE_ALIAS = "sessions"

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A publisher gives up at once: work is in PostgreSQL, and the sweep finds what a lost message left behind.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 3,
    "max_retries": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
# What waits for other servers has workers of its own (perg_site/deployment/workers.py).
CELERY_TASK_ROUTES = {
    "evaluation.engine.tasks.drain_endpoint": {"queue": "llm"},
    "perg_site.tasks.deliver": {"queue": "llm"},
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(PERG_HOME / "celerybeat-schedule")
SWEEP_SECONDS = env.float("PERG_SWEEP_SECONDS", default=15.0)
# It reads all labels of every campaign with a bar, and a pause need not come at once.
QUALITY_SECONDS = env.float("PERG_QUALITY_SECONDS", default=120.0)
EXPORT_PRUNE_SECONDS = env.float("PERG_EXPORT_PRUNE_SECONDS", default=3600.0)
BEAT_ROUNDS = {
    "sweep-unfinished-work": ("evaluation.engine.tasks.sweep", SWEEP_SECONDS),
    "sweep-catalogue-builds": ("evaluation.library.tasks.sweep_builds", SWEEP_SECONDS),
    "sweep-item-judging": ("annotations.item_judging.tasks.sweep_judging", SWEEP_SECONDS),
    "reclaim-expired-leases": ("annotations.labelling.tasks.reclaim_expired_leases", SWEEP_SECONDS),
    "pause-surely-below-bars": ("annotations.quality.tasks.pause_surely_below_bars", QUALITY_SECONDS),
    "sweep-results": ("evaluation.results.tasks.sweep_results", SWEEP_SECONDS),
    "sweep-jobs": ("core.jobs.tasks.sweep_jobs", SWEEP_SECONDS),
    "prune-imports": ("evaluation.imports.tasks.prune_import_files", EXPORT_PRUNE_SECONDS),
    "prune-exports": ("annotations.exports.tasks.prune_expired_exports", EXPORT_PRUNE_SECONDS),
    "note-completed-campaigns": ("annotations.campaigns.tasks.note_completed_campaigns", SWEEP_SECONDS),
    "clear-expired-sessions": ("perg_site.tasks.clear_expired_sessions", 24 * 3600.0),
}
# A round that nobody had time for is dropped: the next one sees the same.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for name, (task, seconds) in BEAT_ROUNDS.items()
}

# --- The platform -------------------------------------------------------------------------------------------

COMPLETION_LEASE_SECONDS = env.float("PERG_COMPLETION_LEASE_SECONDS", default=120.0)
COMPLETION_CHUNK = env.int("PERG_COMPLETION_CHUNK", default=200)
COMPLETION_MAX_ATTEMPTS = env.int("PERG_COMPLETION_MAX_ATTEMPTS", default=5)
# Being told to slow down is no failed attempt; a call that hears nothing else for so long fails.
COMPLETION_THROTTLED_SECONDS = env.float("PERG_COMPLETION_THROTTLED_SECONDS", default=3600.0)
# Bytes that are read of a model server's answer, unpacked. A larger answer fails its call, which is not tried again.
REPLY_MAX_BYTES = env.int("PERG_REPLY_MAX_BYTES", default=4 * 1024 * 1024)
# A worker leaves an endpoint after so long, to come back to it when the others have had their turn.
DRAIN_SECONDS = env.float("PERG_DRAIN_SECONDS", default=60.0)
# A worker that computes a validation report and says nothing for so long is taken for lost.
VALIDATION_LEASE_SECONDS = env.float("PERG_VALIDATION_LEASE_SECONDS", default=300.0)
# A worker that makes a gold release and says nothing for so long is taken for lost; it says something every second.
GOLD_LEASE_SECONDS = env.float("PERG_GOLD_LEASE_SECONDS", default=60.0)
# A webhook's receiver answers within so long.
WEBHOOK_SECONDS = env.float("PERG_WEBHOOK_SECONDS", default=10.0)
# Networks that webhooks may lead to besides public addresses. Everybody who makes webhooks can reach them.
WEBHOOK_NETWORKS = env.list("PERG_WEBHOOK_NETWORKS", default=[])
# An export of up to this many rows is streamed at once; a worker writes larger ones to a file.
EXPORT_STREAM_ROWS = env.int("PERG_EXPORT_STREAM_ROWS", default=10_000)
# Rows are counted up to here, for progress.
EXPORT_COUNTED_ROWS = env.int("PERG_EXPORT_COUNTED_ROWS", default=10_000_000)
# A worker that writes an export and says nothing for so long is taken for lost.
EXPORT_LEASE_SECONDS = env.float("PERG_EXPORT_LEASE_SECONDS", default=300.0)
EXPORT_DAYS = env.int("PERG_EXPORT_DAYS", default=7)
# Reports of a campaign that are kept, besides those that a gold release was made by.
VALIDATION_REPORTS_KEPT = env.int("PERG_VALIDATION_REPORTS_KEPT", default=20)
UPLOAD_MAX_BYTES = env.int("PERG_UPLOAD_MAX_BYTES", default=512 * 1024 * 1024)
# A worker that imports a file and says nothing for so long is taken for lost; it says something every second.
IMPORT_LEASE_SECONDS = env.float("PERG_IMPORT_LEASE_SECONDS", default=60.0)
# The files of an import that failed can be imported again for so long.
IMPORT_KEEP_SECONDS = env.float("PERG_IMPORT_KEEP_SECONDS", default=24 * 3600.0)
# What a Parquet or JSON file may unfold to, and the memory that reading it may take.
IMPORT_UNFOLDED_BYTES = env.int("PERG_IMPORT_UNFOLDED_BYTES", default=UPLOAD_MAX_BYTES)
IMPORT_MEMORY_MB = env.int("PERG_IMPORT_MEMORY_MB", default=1024)
# Ratings that one import takes: all of them are in memory at once.
IMPORT_MAX_RATINGS = env.int("PERG_IMPORT_MAX_RATINGS", default=2_000_000)
# Tables up to this size are read in the request that uploads or corrects them, others by a worker.
TABLE_AT_ONCE_BYTES = env.int("PERG_TABLE_AT_ONCE_BYTES", default=1024 * 1024)

# --- People -------------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "core.users.login.passwords.PasswordPolicy", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 3600
# A session ends after so long without a request, and after so long in any case.
SESSION_IDLE_SECONDS = env.int("PERG_SESSION_IDLE_MINUTES", default=8 * 60) * 60
SESSION_ABSOLUTE_SECONDS = env.int("PERG_SESSION_HOURS", default=7 * 24) * 3600
# Of whom a second factor is required: admins, or leads, among whom admins are.
REQUIRE_SECOND_FACTOR = env.list("REQUIRE_SECOND_FACTOR", default=[])
OTP_TOTP_ISSUER = "PERG"
AUTHENTICATION_BACKENDS = ["core.users.login.backend.ThrottledBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Without a mail server nothing is sent: the person who makes an invitation or a reset link copies it.
SENDS_EMAIL = bool(env.str("EMAIL_URL", default=""))
protect_service(env.str("EMAIL_URL", default=""))
globals().update(env.email_url("EMAIL_URL", default="dummymail://"))
hide_setting(globals().get("EMAIL_HOST_PASSWORD"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="perg@localhost")

# --- The REST API -------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.users.tokens.authentication.TokenAuthentication",
        "core.users.tokens.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttles.ApiThrottle"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.StrictJsonParser"],
    "DEFAULT_SCHEMA_CLASS": "perg_site.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "core.http.problem_details.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PERG",
    "DESCRIPTION": "Everything that the pages do: evaluation runs, labelling, agreement, gold.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    # Not the library's own hook, which makes components of enumerations and wants a name for each.
    "POSTPROCESSING_HOOKS": ["perg_site.api.schema.finish"],
    "COMPONENT_SPLIT_REQUEST": True,
}
# Requests in a second, minute, hour or day: of one token, or of one person in the browser; of one token in labelling
# (the annotation screen is not limited); and from one address without a good token.
API_RATES = {
    "token": env.str("PERG_API_RATE", default="1200/minute"),
    "labelling": env.str("PERG_API_RATE_LABELLING", default="6000/minute"),
    "anonymous": env.str("PERG_API_RATE_ANONYMOUS", default="60/minute"),
}
# How long a repeated request with the same Idempotency-Key gets the same answer.
IDEMPOTENCY_HOURS = env.int("PERG_IDEMPOTENCY_HOURS", default=24)

# --- Security -----------------------------------------------------------------------------------------------

HTTPS = env.bool("HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz/$"]
CSRF_FAILURE_VIEW = "core.http.problem_details.csrf_failed"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# A browser takes a cookie with this prefix only over HTTPS and from this host: a neighbouring host cannot plant one.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# These two speak for other hosts, and preloading can hardly be undone: only an operator can say so.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=False) and HTTPS
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False) and HTTPS
# W005 and W021 ask for the two; W001 does not know `HttpsMiddleware`, which is Django's and more.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W005", "security.W021"]
# Addresses or networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; nobody else's are.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- Language, files, logs ----------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=PERG_HOME / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or env.bool("PERG_PLAIN_STATIC", default=False)
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# What is asked for without a hash in its name, such as a module that another imports, is requested again each time, so
# that a browser never mixes the files of two releases.
WHITENOISE_MAX_AGE = 0
MEDIA_ROOT = env.path("MEDIA_ROOT", default=PERG_HOME / "files")
# Web servers and workers share this folder; never served by itself, since each file is for one person.
EXPORT_ROOT = env.path("EXPORT_ROOT", default=Path(MEDIA_ROOT) / "exports")
# Uploaded files wait here for a worker: of several machines, all need this folder.
IMPORT_ROOT = env.path("IMPORT_ROOT", default=Path(MEDIA_ROOT) / "imports")
# The first one keeps to the limits; only what it lets pass gets to the disk.
FILE_UPLOAD_HANDLERS = [
    "core.middleware.body_limits.LimitedUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# Pages whose form has a file field. REST views that take files say so by their parser.
FILE_PAGES = [
    "run_import",
    "dataset_import",
    "catalogue_import",
    "item_import",
    "ratings_import",
    "controls_upload",
]
# Every file is for an admin or for somebody who leads a campaign.
MANAGES = "annotations.access.manages_campaigns"
# A body without files: a form or JSON.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("PERG_BODY_MAX_BYTES", default=8 * 1024 * 1024)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "core.logs.lines.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {
        "tokens": {"()": "core.logs.link_tokens.TokenFilter"},
        "secrets": {"()": "core.logs.secrets.SecretFilter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["tokens", "secrets"]}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"httpx2": {"level": "WARNING"}},  # a line for every call to a model is too many
}
