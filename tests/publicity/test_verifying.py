"""What of a draw everybody may fetch and when, and what can be taken away to check it elsewhere."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from publicity import offline
from sampling import bundle, services
from sampling.models import Roster
from tests.factories import make_plan
from tests.publicity.scene import make_campaign
from tests.publicity.vector_draws import show_all
from tests.sampling.draws import SEED, store, vector

pytestmark = pytest.mark.django_db
WHOLE = {"freeze", "plan", "pool", "recuse", "roster", "entropy", "nonces", "result", "events-001", "log"}
PUBLIC = {
    "open": WHOLE,
    "inside": {"freeze", "entropy", "log", "public", "public-plan"},
    "sealed": {"freeze", "log"},
    "void": (WHOLE - {"nonces", "events-001"}) | {"void"},
}
VERDICTS = {"open": (9, False), "inside": (9, True), "sealed": (0, True), "void": (9, False)}
EVERYTHING = {*WHOLE, "public", "public-plan", "void", "names"}


@pytest.fixture
def draws() -> dict[str, str]:
    """Kind of draw -> its number."""
    return show_all(make_plan())


@pytest.mark.parametrize("kind", PUBLIC)
def test_exactly_the_public_files_can_be_fetched(draws: dict[str, str], kind: str) -> None:
    draw_id = draws[kind]
    got = {}
    for name in EVERYTHING:
        response = Client().get(reverse("publicity:draw_file", args=[draw_id, name]))
        if response.status_code == 200:
            got[name] = response.content
            assert response["Content-Disposition"] == f'attachment; filename="{name}.tsv"'
            assert list(response.cookies) == []
        else:
            assert response.status_code == 404
    assert set(got) == PUBLIC[kind]
    with zipfile.ZipFile(io.BytesIO(Client().get(reverse("publicity:draw_bundle", args=[draw_id])).content)) as archive:
        assert {name: archive.read(f"{draw_id}/{name}.tsv") for name in got} == got
        assert len(archive.namelist()) == len(got)
    page = Client().get(reverse("publicity:draw_verify", args=[draw_id])).content.decode()
    assert set(re.findall(r'data-file="([^"]+)"', page)) == set(got)
    for data in got.values():
        assert bundle.sha256_hex(data) in page


@pytest.mark.parametrize("kind", PUBLIC)
def test_what_was_fetched_can_be_verified(draws: dict[str, str], kind: str, tmp_path: Path) -> None:
    files = services.public_files(Roster.objects.get(draw_id=draws[kind]))
    verified = bundle.verify_folder(store(tmp_path, files))
    assert (verified.picks, verified.partial) == VERDICTS[kind]
    assert [note for note in verified.notes if "作废" in note] == ([] if kind != "void" else [verified.notes[0]])


def test_a_sealed_draw_gives_away_neither_digits_nor_seed_nor_codes(draws: dict[str, str]) -> None:
    sealed = Roster.objects.get(draw_id=draws["sealed"])
    page = Client().get(reverse("publicity:draw_verify", args=[sealed.draw_id])).content.decode()
    assert 'data-seed=""' in page
    for secret in ("4839201756603914857720194638572019463857", "91350100000000111B"):
        assert secret not in page
        assert secret.encode() not in b"".join(services.public_files(sealed).values())


def test_names_only_of_published_enterprises() -> None:
    campaign = make_campaign(publish=1)
    url = reverse("publicity:draw_verify", args=[campaign.draw.roster.draw_id])
    page = Client().get(url).content.decode()
    assert campaign.enterprises[0].uscc in page
    for other in campaign.enterprises[1:]:
        assert other.uscc not in page


def test_strangers_and_junk() -> None:
    for url in ("/gs/chouqu/nein/yanzheng/", "/gs/chouqu/nein/files.zip", "/gs/chouqu/nein/freeze.tsv"):
        assert Client().get(url).status_code == 404


def test_the_page_to_take_away_is_one_file_that_reaches_nothing() -> None:
    response = Client().get(reverse("publicity:verify_offline"))
    assert response["Content-Disposition"] == 'attachment; filename="yanzheng.html"'
    assert list(response.cookies) == []
    text = response.content.decode()
    assert "default-src 'none'" in text
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"", text) == []
    assert len(response.content) < 250_000
    assert text == offline.page()
    assert re.search(r"^(?:import|export) ", text, re.MULTILINE) is None


def test_the_worked_example_is_the_vector() -> None:
    example = offline.example()
    assert example["seed_input"].encode() == vector("seed_input.txt")
    assert (example["seed"], example["ticket"][:6]) == (SEED, "08c755")
    page = Client().get(reverse("publicity:method")).content.decode()
    for words in (*example.values(), "d3921ac1e3e8ebb0296cf5394f7f53edea8360d429609194db19f9aea21e52f3"):
        assert words in page
    assert bundle.sha256_hex(vector("roster.tsv")) in page


def test_the_program_to_take_away_is_the_one_that_the_tests_ran() -> None:
    response = Client().get(reverse("publicity:verify_program"))
    assert response["Content-Disposition"] == 'attachment; filename="verify.py"'
    assert response.content == Path("static/verify/verify.py").read_bytes()


def test_the_modules_need_nothing_that_plain_http_lacks() -> None:
    """crypto.subtle, workers and eval are missing, or refused by the policy, where offices look at this page."""
    modules = sorted((offline.STATIC / "js" / "verify").glob("*.js"))
    assert len(modules) > 10
    for path in modules:
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"//.*", "", text)
        assert not re.search(r"crypto\.|Worker|eval\(|new Function|innerHTML|\.style\b", code), path.name
        assert text.count("\n") <= 400, path.name
