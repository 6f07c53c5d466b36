"""Public pages: home, plans, draws, how it works. No login, no cookie."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from publicity import offline, reads, timeline
from publicity.models import Publication, PublishedResult
from publicity.views.pages import cacheable, page_of, public_page
from registry import clock, county
from registry.permissions import PUBLIC, requires
from sampling import services
from sampling.enums import Stream
from sampling.models import LogEntry


@requires(PUBLIC)
def home(request: HttpRequest) -> HttpResponse:
    """Was this enterprise inspected, and what came out? Latest draws and results, where to complain."""
    year = reads.newest_year(clock.today())
    context = {
        "year": year,
        "figures": reads.figures(year),
        "rosters": reads.public_rosters()[:5],
        "rows": PublishedResult.objects.current()
        .select_related("publication", "department")
        .order_by("-publication__published_at", "-publication", "department__order")[:6],
    }
    return public_page(request, "publicity/home.html", context)


@requires(PUBLIC)
def plan_list(request: HttpRequest) -> HttpResponse:
    """抽查工作计划公告: every plan that was frozen."""
    return public_page(request, "publicity/plan_list.html", page_of(request, reads.public_plans()))


@requires(PUBLIC)
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """依据、主体、内容、方式 and the duties and rights of one plan (通知七(四))."""
    plan = get_object_or_404(reads.public_plans(), pk=pk)
    items = plan.items.select_related("department").prefetch_related("bases").order_by("department__order", "code")
    context = {
        "plan": plan,
        "departments": [row.department for row in plan.departments.all()],
        "items": items,
        "rosters": reads.public_rosters().filter(plan=plan),
    }
    return public_page(request, "publicity/plan_detail.html", context)


@requires(PUBLIC)
def draw_list(request: HttpRequest) -> HttpResponse:
    """抽取公示: every frozen list and its draw."""
    return public_page(request, "publicity/draw_list.html", page_of(request, reads.public_rosters()))


@requires(PUBLIC)
def draw_detail(request: HttpRequest, draw_id: str) -> HttpResponse:
    """One draw: times, witnesses, digests, counts, what went wrong; names only as each record is published."""
    roster = get_object_or_404(reads.public_rosters(), draw_id=draw_id)
    draw = getattr(roster, "draw", None)
    digits = draw.digits if draw else ""
    published = Publication.objects.current().filter(record__dispatch__draw__roster=roster).order_by("name", "pk")
    context = {
        "roster": roster,
        "draw": draw,
        "notices": reads.draw_notices(roster),
        "seed": draw.seed if draw and roster.revealed else "",
        "digit_groups": [digits[start : start + 5] for start in range(0, len(digits), 5)],
        "files": timeline.files_of(roster),
        "steps": timeline.steps_of(roster),
        "openness": services.openness_words(roster),
        "log": roster.log.order_by("seq"),
        **page_of(request, published, per_page=60),
    }
    return public_page(request, "publicity/draw_detail.html", context)


@requires(PUBLIC)
def method(request: HttpRequest) -> HttpResponse:
    """Why a draw is fair, what was published when, how to check it by hand, what is guaranteed and what is not."""
    context = {"upstream": county.current().upstream_platform, "example": offline.example()}
    return public_page(request, "publicity/method.html", context)


@requires(PUBLIC)
def accessibility(request: HttpRequest) -> HttpResponse:
    """无障碍说明."""
    return public_page(request, "publicity/accessibility.html")


@requires(PUBLIC)
def log_page(request: HttpRequest) -> HttpResponse:
    """记录链 for people: the heads to copy down, and the last lines."""
    lines = LogEntry.objects.filter(stream=Stream.MAIN).select_related("roster__plan").order_by("-seq")
    context = {"heads": reads.log_heads(), **page_of(request, lines, per_page=30)}
    return public_page(request, "publicity/log_page.html", context)


@requires(PUBLIC)
def log_head(request: HttpRequest) -> HttpResponse:
    """The heads of the draw log and of the trail, for anyone to note down."""
    heads = reads.log_heads()
    response = JsonResponse(heads, json_dumps_params={"ensure_ascii": False, "indent": 1})
    return cacheable(request, response)
