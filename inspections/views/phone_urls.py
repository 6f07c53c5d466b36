"""Addresses of the phone's pages, of files and of paper; joined to the app's by inspections/urls.py."""

from django.urls import URLPattern, path

from inspections.views import attending, files, offline, phone, signing, sync

phone_urls: list[URLPattern] = [
    path("phone/", phone.record_today, name="record_today"),
    path("phone/renwu/", phone.record_list, name="record_list"),
    path("phone/wode/", phone.record_me, name="record_me"),
    path("phone/daochang/", attending.attend_scan, name="attend_scan"),
    path("phone/sw.js", offline.phone_worker, name="phone_worker"),
    path("phone/lixian/", offline.phone_shell, name="phone_shell"),
    path("phone/daitongbu/", offline.record_queue, name="record_queue"),
    path("phone/tongbu/", sync.sync_hello, name="sync_hello"),
    path("phone/tongbu/baocun/", sync.sync_save, name="sync_save"),
    path("phone/tongbu/zhaopian/", sync.sync_photo, name="sync_photo"),
    path("phone/tongbu/zhaopian/shanchu/", sync.sync_photo_delete, name="sync_photo_delete"),
    path("phone/tongbu/qianzi/", sync.sync_sign, name="sync_sign"),
    path("phone/tongbu/tijiao/", sync.sync_submit, name="sync_submit"),
    path("phone/tongbu/xiazai/", sync.sync_pull, name="sync_pull"),
    path("phone/<int:pk>/daochang/", attending.record_attend, name="record_attend"),
    path("phone/<int:pk>/", phone.record_record, name="record_record"),
    path("phone/<int:pk>/hedui/", phone.record_check, name="record_check"),
    path("phone/<int:pk>/qianzi/", signing.record_sign, name="record_sign"),
    path("phone/<int:pk>/dianhua/", signing.record_call, name="record_call"),
    path("phone/<int:pk>/tijiao/", phone.record_submit, name="record_submit"),
    path("phone/<int:pk>/wancheng/", phone.record_done, name="record_done"),
    path("phone/<int:pk>/xiezhu/", phone.record_assistant, name="record_assistant"),
    path("phone/<int:pk>/cailiao/", phone.record_evidence, name="record_evidence"),
    path("dayin/", files.print_batch, name="print_batch"),
    path("dayin/<int:pk>/", files.record_print, name="record_print"),
    path("tongzhishu/<int:pk>/", files.notice_print, name="notice_print"),
    path("qianming/<int:pk>/", files.signature_file, name="signature_file"),
    path("cailiao/<int:pk>/", files.evidence_file, name="evidence_file"),
]
