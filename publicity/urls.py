"""URLs of this app: /gs/ for everyone, /gongshi/ /tongji/ /daochu/ after login. Mounted at the root."""

from django.urls import URLPattern, URLResolver, path

from publicity.views import exports, feedback, progress, public, publishing, results, stats, verifying, visit

app_name = "publicity"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", public.home, name="home"),
    path("gs/jihua/", public.plan_list, name="plan_list"),
    path("gs/jihua/<int:pk>/", public.plan_detail, name="plan_detail"),
    path("gs/chouqu/", public.draw_list, name="draw_list"),
    path("gs/chouqu/<slug:draw_id>/", public.draw_detail, name="draw_detail"),
    path("gs/chouqu/<slug:draw_id>/yanzheng/", verifying.draw_verify, name="draw_verify"),
    path("gs/chouqu/<slug:draw_id>/files.zip", verifying.draw_bundle, name="draw_bundle"),
    path("gs/chouqu/<slug:draw_id>/<slug:name>.tsv", verifying.draw_file, name="draw_file"),
    path("gs/yanzheng.js", verifying.verify_script, name="verify_script"),
    path("gs/yanzheng.html", verifying.verify_offline, name="verify_offline"),
    path("gs/verify.py", verifying.verify_program, name="verify_program"),
    path("gs/jieguo/", results.result_list, name="result_list"),
    path("gs/jieguo.csv", results.result_csv, name="result_csv"),
    path("gs/jieguo/<int:plan>/<slug:uscc>/", results.result_detail, name="result_detail"),
    path("gs/qiye/", results.enterprise, name="enterprise"),
    path("gs/tongzhi/<slug:token>/", visit.visit, name="visit"),
    path("gs/shuoming/", public.method, name="method"),
    path("gs/wuzhangai/", public.accessibility, name="accessibility"),
    path("gs/lian/", public.log_page, name="log_page"),
    path("gs/lian.json", public.log_head, name="log_head"),
    path("gs/fankui/", feedback.feedback, name="feedback"),
    path("gs/fankui/<slug:number>/", feedback.feedback_done, name="feedback_done"),
    path("gongshi/", publishing.publish_list, name="publish_list"),
    path("gongshi/<int:pk>/", publishing.publish_preview, name="publish_preview"),
    path("gongshi/<int:pk>/gengzheng/", publishing.correct, name="correct"),
    path("gongshi/laixin/", feedback.feedback_list, name="feedback_list"),
    path("gongshi/laixin/<int:pk>/", feedback.feedback_answer, name="feedback_answer"),
    path("tongji/", stats.stats_overview, name="stats_overview"),
    path("tongji/<int:pk>/tu/<slug:name>.svg", stats.stats_chart, name="stats_chart"),
    path("tongji/<int:pk>/shengyu/<int:department>.svg", progress.burndown, name="burndown"),
    path("tongji/<int:pk>/zongjie/", stats.plan_summary, name="plan_summary"),
    path("tongji/<int:pk>/zongjie.pdf", stats.summary_file, name="summary_file"),
    path("daochu/", exports.export_list, name="export_list"),
    path("daochu/xin/", exports.export_new, name="export_new"),
    path("daochu/dayin/", exports.print_new, name="print_new"),
    path("daochu/liebiao/<slug:name>/", exports.export_rows, name="export_rows"),
    path("daochu/<int:pk>/wenjian/", exports.export_file, name="export_file"),
    path("daochu/<int:pk>/chongshi/", exports.export_retry, name="export_retry"),
]
