"""The ZIP of the downloads read by the page itself: as the system packs it, stored, broken, with a password."""

import base64
import io
import zipfile

import pytest

from sampling import services
from tests.sampling import plans as p
from tests.sampling.javascript import Node, node_or_skip
from tests.sampling.test_bundle import complete

BROKEN = "压缩包损坏，或者没有下载完整，请重新下载。"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return node_or_skip(tmp_path_factory.mktemp("node"))


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return target.getvalue()


def read(node: Node, *archives: bytes, plain: bool = False) -> list[dict[str, bytes] | str]:
    answers = node([{"do": "zip", "files": {"zip": data}, "plain": plain} for data in archives])
    return [
        one.get("error") or {name: base64.b64decode(data) for name, data in one["files"].items()} for one in answers
    ]


@pytest.mark.django_db
def test_the_zip_that_the_system_gives_is_the_files(node: Node) -> None:
    draw = p.drawn()
    files = services.public_files(draw.roster)
    assert read(node, services.zipped(draw.roster, files)) == [files]


def test_stored_and_deflated_entries_in_any_folder_and_nothing_but_tsv(node: Node) -> None:
    files = complete()
    paths = {f"抽取/{name}.tsv": data for name, data in files.items()} | {"抽取/说明.txt": b"x", "README.TSV": b"y"}
    deflated, stored = packed(paths), packed(paths, zipfile.ZIP_STORED)
    assert read(node, deflated, stored) == [files, files]
    assert read(node, stored, deflated, plain=True) == [
        files, "这个浏览器不能解压缩，请先把压缩包解开，再选择里面的 .tsv 文件。",
    ]  # fmt: skip


def test_what_cannot_be_read_is_said(node: Node) -> None:
    good = packed({"freeze.tsv": b"abc\n" * 100})
    stored = packed({"freeze.tsv": b"abc\n" * 100}, zipfile.ZIP_STORED)
    size = good.index(b"PK\x01\x02") + 24
    longer = good[:size] + (399).to_bytes(4, "little") + good[size + 4 :]
    flag = good.index(b"PK\x01\x02") + 8
    locked = good[:flag] + b"\x01" + good[flag + 1 :]
    said = read(
        node, b"PK", stored.replace(b"abc", b"abd", 1), longer, good[:40] + good[60:], locked,
        packed({"a/freeze.tsv": b"", "b/freeze.tsv": b""}), packed({"a.txt": b""}),
        packed({"freeze.tsv": b"abc"}, zipfile.ZIP_BZIP2),
    )  # fmt: skip
    assert said == [
        "这不是 ZIP 压缩包，或者没有下载完整。", BROKEN, BROKEN, BROKEN,
        "压缩包有密码，请先解开，再选择里面的 .tsv 文件。",
        "压缩包里有两个 freeze.tsv，请只留一次抽取的文件。", "压缩包里没有 .tsv 文件。",
        "压缩包用了少见的压缩办法，请先解开，再选择里面的 .tsv 文件。",
    ]  # fmt: skip
