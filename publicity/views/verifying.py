"""自己验证这次抽取: the page, the files it checks, and what can be taken away to check elsewhere."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.safestring import mark_safe

from publicity import offline, reads
from publicity.models import Publication
from publicity.views.pages import cacheable, public_page
from registry.permissions import PUBLIC, requires
from sampling import services
from sampling.models import Roster, file_words

MAX_NAMES = 2000


@requires(PUBLIC)
def draw_verify(request: HttpRequest, draw_id: str) -> HttpResponse:
    """Checked in the browser of the visitor, from the public files; names only of enterprises already published."""
    roster = get_object_or_404(reads.public_rosters(), draw_id=draw_id)
    draw = getattr(roster, "draw", None)
    published = Publication.objects.current().filter(record__dispatch__draw__roster=roster)
    context = {
        "roster": roster,
        "draw": draw,
        "seed": draw.seed if draw and roster.revealed else "",
        "files": [
            {"name": name, "words": file_words(name), "size": size, "sha256": sha256}
            for name, (size, sha256) in services.public_digests(roster).items()
        ],
        "names": [[row.uscc, row.name] for row in published.order_by("uscc")[:MAX_NAMES]],
        "inline_sprite": mark_safe(offline.page_icons()),  # noqa: S308 -- our own file, no foreign text
    }
    return public_page(request, "publicity/draw_verify.html", context)


@requires(PUBLIC)
def verify_script(request: HttpRequest) -> HttpResponse:
    """The modules of the verification page in one piece."""
    return cacheable(request, HttpResponse(offline.script("page"), content_type="application/javascript"))


@requires(PUBLIC)
def draw_file(request: HttpRequest, draw_id: str, name: str) -> HttpResponse:
    """One public file of a draw, byte for byte."""
    data = services.public_files(_roster(draw_id)).get(name)
    if data is None:
        raise Http404
    return _attachment(request, data, f"{name}.tsv", "text/tab-separated-values; charset=us-ascii")


@requires(PUBLIC)
def draw_bundle(request: HttpRequest, draw_id: str) -> HttpResponse:
    """All public files of a draw."""
    roster = _roster(draw_id)
    data = services.zipped(roster, services.public_files(roster))
    return _attachment(request, data, f"{draw_id}.zip", "application/zip")


@requires(PUBLIC)
def verify_offline(request: HttpRequest) -> HttpResponse:
    """The page as one file. Its script stands inline, so it is only ever sent as an attachment."""
    return _attachment(request, offline.page().encode(), "yanzheng.html", "text/html; charset=utf-8")


@requires(PUBLIC)
def verify_program(request: HttpRequest) -> HttpResponse:
    """verify.py, for a computer with Python."""
    return _attachment(request, offline.PROGRAM.read_bytes(), "verify.py", "text/x-python; charset=utf-8")


def _roster(draw_id: str) -> Roster:
    roster: Roster = get_object_or_404(reads.public_rosters(), draw_id=draw_id)
    return roster


def _attachment(request: HttpRequest, data: bytes, filename: str, content_type: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return cacheable(request, response)
