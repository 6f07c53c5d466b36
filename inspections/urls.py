"""URLs of this app: the desk below, the phone in views/phone_urls.py."""

from django.urls import path

from inspections.views import (
    desk,
    desk_confirm,
    desk_events,
    desk_handover,
    desk_paper,
    desk_progress,
    desk_records,
    desk_review,
    notices,
)
from inspections.views.phone_urls import phone_urls

app_name = "inspections"
desk_urls = [
    path("paifa/<int:pk>/", desk_confirm.plan_dispatch, name="plan_dispatch"),
    path("queren/", desk_confirm.task_inbox, name="task_inbox"),
    path("queren/tijiao/", desk_confirm.task_confirm, name="task_confirm"),
    path("queren/<int:pk>/tuihui/", desk_confirm.task_return, name="task_return"),
    path("tuihui/", desk_confirm.return_list, name="return_list"),
    path("tuihui/<int:pk>/", desk_confirm.return_decide, name="return_decide"),
    path("jindu/", desk_progress.progress, name="progress"),
    path("jindu/jieshou/", desk_handover.handover, name="handover"),
    path("jindu/<int:pk>/", desk_progress.plan_progress, name="plan_progress"),
    path("jindu/<int:pk>/shuju/", desk_progress.plan_burndown, name="plan_burndown"),
    path("jindu/<int:pk>/tixing/", desk_progress.plan_remind, name="plan_remind"),
    path("jindu/<int:pk>/jixu/", desk_confirm.plan_proceed, name="plan_proceed"),
    path("shenpi/", desk_records.approval, name="approval"),
    path("renwu/", desk_records.task_list, name="task_list"),
    path("renwu/<int:pk>/", desk_records.task_detail, name="task_detail"),
    path("renwu/<int:pk>/saomiao/", desk_paper.task_scan, name="task_scan"),
    path("renwu/huanren/<int:pk>/", desk_records.task_assign, name="task_assign"),
    path("tihuan/", desk_events.event_list, name="event_list"),
    path("tihuan/<int:pk>/", desk_events.event_new, name="event_new"),
    path("tihuan/<int:pk>/chehui/", desk_events.event_withdraw, name="event_withdraw"),
    path("tihuan/<int:pk>/cailiao/", desk_events.event_evidence, name="event_evidence"),
    path("fuhe/", desk_review.review_next, name="review_next"),
    path("fuhe/<int:pk>/", desk_review.task_review, name="task_review"),
    path("fuhe/<int:pk>/banben/", desk_review.review_version, name="review_version"),
    path("shangji/<int:pk>/", desk_records.upstream, name="upstream"),
    path("tongzhi/", desk.notice_list, name="notice_list"),
    path("tongzhi/yidu/", desk.notice_read, name="notice_read"),
    path("tongzhi/fangshi/", notices.notice_settings, name="notice_settings"),
    path("tongzhi/chongfa/", notices.delivery_retry, name="delivery_retry"),
    path("houxu/", desk.follow_up_list, name="follow_up_list"),
    path("houxu/<int:pk>/", desk.follow_up_close, name="follow_up_close"),
]
urlpatterns = phone_urls + desk_urls  # tried in this order, and no page is asked for as often as the phone saves
