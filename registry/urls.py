"""URLs of the registry, below /mingku/."""

from django.urls import URLPattern, URLResolver, path

from registry.views import accounts, audit, calendars, county, enterprises, imports, items, people

app_name = "registry"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", enterprises.registry_home, name="registry_home"),
    path("benxian/", county.county_settings, name="county"),
    path("benxian/bumen/xin/", county.department_new, name="department_new"),
    path("benxian/bumen/<int:pk>/", county.department, name="department"),
    path("qiye/", enterprises.enterprise_list, name="enterprise_list"),
    path("qiye/<int:pk>/", enterprises.enterprise, name="enterprise"),
    path("daoru/", imports.import_upload, name="import"),
    path("daoru/moban/<str:kind>.xlsx", imports.import_template, name="import_template"),
    path("daoru/<int:pk>/", imports.import_preview, name="import_preview"),
    path("daoru/<int:pk>/cuowu.xlsx", imports.import_errors, name="import_errors"),
    path("daoru/<int:pk>/wancheng/", imports.import_done, name="import_done"),
    path("renyuan/", people.inspector_list, name="inspector_list"),
    path("renyuan/<int:pk>/", people.inspector, name="inspector"),
    path("zhanghao/", accounts.account_list, name="account_list"),
    path("zhanghao/xin/", accounts.account_new, name="account_new"),
    path("zhanghao/renyuan/", accounts.account_inspectors, name="account_inspectors"),
    path("zhanghao/chongfa/", accounts.account_reset, name="account_reset"),
    path("huibi/", people.recusal_list, name="recusal_list"),
    path("huibi/xin/", people.recusal_new, name="recusal_new"),
    path("huibi/<int:pk>/jueding/", people.recusal_decide, name="recusal_decide"),
    path("shixiang/", items.item_list, name="item_list"),
    path("shixiang/<int:pk>/", items.item, name="item"),
    path("rili/", calendars.calendar, name="calendar"),
    path("rili/daoru/", calendars.calendar_import, name="calendar_import"),
    path("rili/gaitian/", calendars.calendar_day, name="calendar_day"),
    path("jilu/", audit.audit_log, name="audit_log"),
    path("jilu/jiaoyan/", audit.audit_verify, name="audit_verify"),
    path("jilu/<str:object_type>/<str:object_id>/", audit.audit_object, name="audit_object"),
]
