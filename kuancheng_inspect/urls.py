"""The URL map. Names are the permission table's index (tests/test_access.py)."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from kuancheng_inspect import views

urlpatterns = [
    path("daiban/", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("account/", include("allauth.urls")),
    path("xiufu/", admin.site.urls),
    path("mingku/", include("registry.urls")),
    path("jihua/", include("sampling.urls")),
    path("jiancha/", include("inspections.urls")),
    path("", include("publicity.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("_kit/", views.kit, name="kit"))

handler400 = "kuancheng_inspect.views.bad_request"
handler403 = "kuancheng_inspect.views.forbidden"
handler404 = "kuancheng_inspect.views.not_found"
handler500 = "kuancheng_inspect.views.server_error"
