"""URLs of this app."""

from django.urls import path

from sampling.views import ceremony, ending, freezing, lists, result, wizard

app_name = "sampling"
urlpatterns = [
    path("", lists.plan_list, name="plan_list"),
    path("xinjian/", wizard.plan_new, name="plan_new"),
    path("yushe/2024/", wizard.preset_new, name="preset_new"),
    path("<int:pk>/", lists.plan_detail, name="plan_detail"),
    path("<int:pk>/1/", wizard.plan_edit, name="plan_edit"),
    path("<int:pk>/2/", wizard.plan_items, name="plan_items"),
    path("<int:pk>/3/", wizard.plan_scope, name="plan_scope"),
    path("<int:pk>/3/jishu/", wizard.plan_scope_count, name="plan_scope_count"),
    path("<int:pk>/4/", wizard.plan_people, name="plan_people"),
    path("<int:pk>/4/jishu/", wizard.plan_people_count, name="plan_people_count"),
    path("<int:pk>/5/", wizard.plan_check, name="plan_check"),
    path("<int:pk>/fuzhi/", wizard.plan_copy, name="plan_copy"),
    path("<int:pk>/mingdan/", freezing.plan_preview, name="plan_preview"),
    path("<int:pk>/mingdan.csv", freezing.plan_roster, name="plan_roster"),
    path("<int:pk>/dongjie/", freezing.plan_freeze, name="plan_freeze"),
    path("<int:pk>/yidongjie/", freezing.plan_frozen, name="plan_frozen"),
    path("<int:pk>/dongjiedan.pdf", freezing.freeze_sheet, name="freeze_sheet"),
    path("<int:pk>/fengcun/", freezing.sealed_copy, name="sealed_copy"),
    path("<int:pk>/jiludan.pdf", result.draw_record, name="draw_record"),
    path("<int:pk>/chouqu/", ceremony.plan_draw, name="plan_draw"),
    path("<int:pk>/chouqu/queren/", ceremony.plan_draw_confirm, name="plan_draw_confirm"),
    path("<int:pk>/chouqu/chehui/", ceremony.plan_draw_withdraw, name="plan_draw_withdraw"),
    path("<int:pk>/liangxiang/", ceremony.plan_show, name="plan_show"),
    path("<int:pk>/jieguo/", result.plan_result, name="plan_result"),
    path("<int:pk>/jieshi/", result.plan_reveal, name="plan_reveal"),
    path("<int:pk>/zuofei/", ending.plan_void, name="plan_void"),
    path("<int:pk>/zuofei/queren/", ending.plan_void_confirm, name="plan_void_confirm"),
    path("<int:pk>/zuofei/chehui/", ending.plan_void_withdraw, name="plan_void_withdraw"),
    path("<int:pk>/quxiao/", ending.plan_cancel, name="plan_cancel"),
    path("<int:pk>/wenjian.zip", lists.plan_bundle, name="plan_bundle"),
    path("<int:pk>/wenjian/<slug:name>.tsv", lists.plan_file, name="plan_file"),
    path("<int:pk>/weilieru.csv", lists.plan_excluded, name="plan_excluded"),
    path("<int:pk>/wenshu/", lists.plan_attach, name="plan_attach"),
    path("wenshu/<int:pk>/", lists.plan_attachment, name="plan_attachment"),
    path("wenshu/<int:pk>/chexia/", lists.plan_detach, name="plan_detach"),
]
