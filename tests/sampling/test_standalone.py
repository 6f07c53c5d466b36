"""static/verify/verify.py: the same words as the package, without it, on vectors, tampered folders and odd draws."""

import ast
import os
import runpy
import subprocess
import sys
import zipfile

import pytest

from sampling import bundle
from sampling.bundle import Infeasible
from sampling.quotas import CategoryQuota
from tests.sampling.draws import frozen, identifier, invented, person, small_files, store, vector
from tests.sampling.javascript import BASE
from tests.sampling.test_bundle import complete
from tests.sampling.test_javascript import python_verdict, tampered
from tests.sampling.test_public import partial, rewritten

PROGRAM = BASE / "static" / "verify" / "verify.py"
ALONE = runpy.run_path(str(PROGRAM))


def verdict(folder, head=None):
    """First line, without starting an interpreter."""
    try:
        return ALONE["verify"](folder, head)[1][0]
    except ALONE["Wrong"] as error:
        return f"FAILED {error}"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-I", "-S", str(PROGRAM), *map(str, arguments)],
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(("files", "code"), [(complete(), 0), (partial(), 2), (small_files(), 1)])
def test_same_output_and_exit_code_as_the_package(tmp_path, files, code):
    folder = store(tmp_path, files)
    done = run(folder)
    package = subprocess.run(
        [sys.executable, "-m", "sampling.bundle", "verify", str(folder)],
        cwd=BASE,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout == package.stdout
    assert package.returncode == code


def test_a_zip_is_taken_as_it_was_downloaded(tmp_path):
    for number, files in enumerate((complete(), partial())):
        archive = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(archive, "w", (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)[number]) as target:
            target.writestr("2026-000017/readme.txt", "not looked at")
            for name, data in files.items():
                target.writestr(f"2026-000017/{name}.tsv", data)
        done = run(archive)
        assert done.stdout == run(store(tmp_path / str(number), files)).stdout
        assert done.returncode == (0, 2)[number]
    whole = archive.read_bytes()
    at = whole.index(b"pick\t91350100000000111B")
    for broken in (whole[:-30], whole[:at] + b"P" + whole[at + 1 :], b"no zip"):
        archive.write_bytes(broken)
        assert run(archive).stdout == f"FAILED {archive}：不是 ZIP 压缩包，或者损坏、有密码\n"
    with zipfile.ZipFile(archive, "w") as target:
        for folder in ("a", "b"):
            target.writestr(f"{folder}/freeze.tsv", b"")
    assert run(archive).stdout == f"FAILED {archive}：压缩包里有两个 freeze.tsv，请只留一次抽取的文件\n"


def test_wrong_usage():
    assert run().returncode == 2
    assert run("/nowhere-at-all").stdout == "FAILED /nowhere-at-all：没有这个文件夹\n"


def test_tampered_folders_get_the_same_words(tmp_path):
    cases = list(tampered())
    for number, files in enumerate(cases):
        folder = tmp_path / str(number)
        expected = python_verdict(folder, files)
        assert verdict(folder) == expected


def test_it_is_written_for_old_interpreters_and_imports_nothing_of_ours():
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in ast.walk(tree)
                if isinstance(node, ast.Import | ast.ImportFrom)}  # fmt: skip
    assert imported == {
        *("hashlib", "re", "sys", "zipfile", "zlib", "collections", "datetime", "fractions", "pathlib"),
    }


def test_large_vector():
    big = ALONE["Draw"](
        {"plan": vector("big_plan.tsv")},
        bundle.sha256_hex(b"dr1 large vector"),
        ALONE["read"]("roster", vector("big_roster.tsv")),
    )
    assert big.result == vector("big_result.tsv")


def test_the_anchor(tmp_path):
    honest, forged = rewritten()
    head = honest["log"].decode().splitlines()[-1].split("\t")
    folder = store(tmp_path / "forged", forged)
    assert run(folder).stdout == "VERIFIED 10 picks\n"
    held = run(folder, "--head", f"{head[0]}:{head[-1]}")
    assert (held.returncode, held.stdout[:33]) == (1, "FAILED log.tsv：第 3 条的链值与留存的链首不符：留存 "[:33])
    for bad in ("x", f"9:{'0' * 64}"):
        assert verdict(folder, bad) == python_verdict(folder, forged, bad)


def test_odd_draws(tmp_path):
    """Quotas, needs, recusals so dense that the fallback or nothing at all is found, and events on top."""
    said = set()
    for number in range(40):
        rows = [(identifier(n), "AB"[n % 2], ("-", "SE", "-")[n % 3]) for n in range(6 + number % 5)]
        pairs = tuple(
            (person("GA", p), identifier(n)) for n in range(8) for p in range(8) if (p * 5 + n * 3 + number) % 11 < 4
        )
        quotas = (CategoryQuota("GA", "SE", 1),) if number % 2 else ()
        base = invented(
            rows,
            teams=2 + number % 3,
            people=6 + number % 4,
            categories=dict.fromkeys(range(0, 8, 2), "SE"),
            quotas=quotas,
            recused=pairs if number % 3 else (),
        )
        files = frozen(base, dice=f"{number:040d}")
        try:
            outcome = bundle.compute(files)
            files["result"] = outcome.result_tsv
            said.add(outcome.branch)
            batch = [("E-OUT", outcome.picks[0].id, "cap"), ("I-OUT", outcome.teams[0].pid, "sick")]
            files["events-001"] = bundle.events_file(files, batch)
            said.add("events")
        except Infeasible as error:
            said.add("stopped")
            files.setdefault("result", getattr(error, "outcome", outcome).result_tsv)
        folder = tmp_path / str(number)
        expected = python_verdict(folder, files)
        assert verdict(folder) == expected
    assert said >= {"block", "global", "events", "stopped"}
