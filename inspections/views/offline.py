"""What a phone keeps: the service worker, the shell shown without a network, the page of what is still to be sent."""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from registry.permissions import INSPECTOR, PUBLIC, requires

# Everything the phone's pages need without a network; a test holds the list against the modules there are.
STYLES = ("theme", "components", "forms", "record")
MODULES = (
    "api", "arrival", "check", "chip", "conflicts", "door", "download", "evidence", "export", "fields", "gaps",
    "kept", "lease", "leave", "local", "locate", "login", "opening", "outbox", "outcome", "pad", "page", "photos",
    "phrases", "pictures", "queue", "record", "rules", "shell", "sign", "start", "store", "support", "things",
    "toast", "today", "words",
)  # fmt: skip
FILES = (
    *(f"css/{name}.css" for name in STYLES),
    *(f"js/phone/{name}.js" for name in MODULES),
    *(
        "js/phone-page.js",
        "js/confirm-once.js",
        "js/chosen-file.js",
        "js/older.js",
        "js/too-old.js",
        "img/icons-phone.svg",
        "img/favicon.svg",
    ),
    *("vendor/idb-8.0.4/idb.min.js", "vendor/signature_pad-5.1.4/signature_pad.min.js"),
)


def worker_facts(shell: str) -> dict[str, Any]:
    """What the worker is told: its files, the shell's address, and a version that changes with any of them."""
    seen = hashlib.sha256(shell.encode())
    urls = [static(name) for name in FILES]
    for name, url in zip(FILES, urls, strict=True):
        seen.update(url.encode())
        path = finders.find(name)
        if isinstance(path, str):
            with open(path, "rb") as file:
                seen.update(file.read())
    return {
        "version": seen.hexdigest()[:16], "files": urls, "shell": reverse("inspections:phone_shell"),
        "scope": reverse("inspections:record_today"), "hashed": hasattr(staticfiles_storage, "hashed_files"),
        "apart": [reverse("inspections:sync_hello"), reverse("inspections:phone_worker")],
    }  # fmt: skip


@requires(PUBLIC)
def phone_worker(request: HttpRequest) -> HttpResponse:
    """The service worker; with ``PHONE_OFFLINE`` off one that empties and removes itself."""
    facts = worker_facts(_shell()) if settings.PHONE_OFFLINE else {"off": True}
    body = render_to_string("inspections/phone/worker.js", {"facts": json.dumps(facts)})
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": reverse("inspections:record_today")}
    return HttpResponse(body, content_type="text/javascript; charset=utf-8", headers=headers)


@requires(PUBLIC)
def phone_shell(request: HttpRequest) -> HttpResponse:
    """The skeleton without anybody's data, which a phone fills from what it keeps."""
    return HttpResponse(_shell(), headers={"Cache-Control": "no-cache"})


def _shell() -> str:
    """Rendered without a request: the same for everybody."""
    context = {
        "phone_offline": settings.PHONE_OFFLINE, "demo": settings.DEMO, "clock_banner": None, "messages": [],
        "brand_name": settings.BRAND_NAME, "phone_nav": [],
    }  # fmt: skip
    return render_to_string("inspections/phone/shell.html", context)


@requires(INSPECTOR)
def record_queue(request: HttpRequest) -> HttpResponse:
    """待同步: what is still on this phone; filled by script from the phone itself."""
    return render(request, "inspections/phone/queue.html")
