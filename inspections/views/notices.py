"""通知方式: by which ways a person is told, and what did not get out."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from inspections import services
from inspections.forms.notices import ChannelsForm
from inspections.models import Delivery, NoticeSetting
from inspections.views.showing import attempt
from registry.models import User
from registry.permissions import STAFF, requires


@requires(*STAFF, methods=("GET", "POST"))
def notice_settings(request: HttpRequest) -> HttpResponse:
    """Inbox, e-mail, group robot: each on or off; what failed, and trying it again."""
    user = request.user
    stored = NoticeSetting.objects.filter(user=user).first() or NoticeSetting(user=user)
    initial = {name: getattr(stored, name) for name in ("inbox", "mail", "webhook", "webhook_url")}
    form = ChannelsForm(request.POST or None, initial=initial | {"email": user.email})
    if attempt(user, form, "channels", lambda: _save(user, form)):
        messages.success(request, "通知方式已保存。")
        return redirect("inspections:notice_settings")
    sent = Delivery.objects.filter(notice__recipient=user).select_related("notice")
    context = {
        "form": form, "deliveries": sent[:20], "failed": Delivery.objects.visible_to(user).failed().count(),
        "mail_ready": bool(settings.EMAIL_URL), "hosts": settings.WEBHOOK_HOSTS,
    }  # fmt: skip
    return render(request, "inspections/desk/notice_settings.html", context, status=422 if form.errors else 200)


def _save(user: User, form: ChannelsForm) -> dict[str, Any]:
    data = form.cleaned_data
    names = ("inbox", "mail", "email", "webhook", "webhook_url")
    services.set_channels(actor=user, **{name: data[name] for name in names})
    return {"saved": True}


@requires(*STAFF, methods=("POST",))
def delivery_retry(request: HttpRequest) -> HttpResponse:
    """Try again what was given up; safe to repeat."""
    number = services.retry_deliveries(actor=request.user)
    messages.success(request, f"{number} 条消息重新排队发送。" if number else "没有需要重发的消息。")
    return redirect("inspections:notice_settings")
