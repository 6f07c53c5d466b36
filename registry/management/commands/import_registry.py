"""Import a registry file from the command line, with the same rules and words as the page."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from registry.enums import ImportKind
from registry.errors import DomainError
from registry.importers import read_registry_file
from registry.management.prepare import ensure_prepared
from registry.models import RiskScheme
from registry.services import compare_rows, import_rows, store_upload
from registry.spreadsheets import SpreadsheetError


class Command(BaseCommand):
    """``import_registry --kind enterprises|inspectors FILE.xlsx [--dry-run] [--scheme CODE] [--skip-bad]``."""

    help = "导入企业名录或执法检查人员名录（.xlsx）；有错的行逐条列出，全部正确才导入。"

    def add_arguments(self, parser: CommandParser) -> None:
        """Arguments are checked in ``handle``, so that refusals are Chinese."""
        parser.add_argument("file", nargs="?", help="要导入的 .xlsx 文件")
        parser.add_argument("--kind", default="", help="enterprises（企业）或 inspectors（执法检查人员）")
        parser.add_argument("--scheme", default="", help="信用风险分级办法的代码，缺省为第一个")
        parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")
        parser.add_argument("--skip-bad", action="store_true", help="跳过有错的行，导入其余各行")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 with counts; 1 with one line per problem and nothing imported; 2 for wrong arguments."""
        if options["kind"] not in ImportKind.values:
            self._refuse("请用 --kind enterprises 或 --kind inspectors 说明导入的是企业还是执法检查人员。", 2)
        path = Path(options["file"] or "")
        if not options["file"] or not path.is_file():
            self._refuse(f"没有找到文件“{options['file'] or ''}”，请写明要导入的 .xlsx 文件的路径。", 2)
        ensure_prepared()
        scheme = self._scheme(options["scheme"])
        try:
            self._import(path, options, scheme)
        except SpreadsheetError as error:
            self.stdout.write(f"{path.name}: {error}")
            raise SystemExit(1) from None
        except DomainError as error:
            self._refuse(error.message, 1)

    def _import(self, path: Path, options: dict[str, Any], scheme: RiskScheme) -> None:
        kind = options["kind"]
        reading = read_registry_file(path, kind=kind, scheme=scheme)
        self._warn(reading.notices)
        for problem in reading.problems:
            self.stdout.write(str(problem))
        if reading.problems and not options["skip_bad"]:
            counted = f"共 {reading.total} 行，{reading.wrong} 行有错，没有导入。"
            self.stderr.write(f"{counted}改好后再导入，或加 --skip-bad 跳过有错的行。")
            raise SystemExit(1)
        if options["dry_run"]:
            comparison = compare_rows(kind=kind, rows=reading.rows, scheme=scheme)
            self._warn(comparison.notices)
            self._say(reading.total, comparison.counts() | {"skipped": reading.wrong}, "（只检查，没有写入）")
            return
        with transaction.atomic():
            batch = store_upload(
                actor=None, kind=kind, filename=path.name, content=path.read_bytes(), scheme=scheme, preview={}
            )
            batch = import_rows(actor=None, batch=batch, rows=reading.rows, wrong=reading.wrong)
        self._warn(batch.counts["same_names"])
        self._say(reading.total, batch.counts, "")

    def _warn(self, notices: list[str]) -> None:
        for notice in notices:
            self.stderr.write(f"提示：{notice}")

    def _say(self, total: int, counts: dict[str, int], note: str) -> None:
        words = "共 {total} 行：新增 {new}，更新 {changed}，不变 {unchanged}，跳过 {skipped}{note}"
        self.stdout.write(words.format(total=total, note=note, **{key: counts[key] for key in KEYS}))

    def _scheme(self, code: str) -> RiskScheme:
        scheme = RiskScheme.objects.filter(code=code).first() if code else RiskScheme.objects.first()
        if scheme is None:
            codes = "、".join(RiskScheme.objects.values_list("code", flat=True))
            self._refuse(f"没有代码为“{code}”的分级办法，现有：{codes}。", 2)
        return scheme

    def _refuse(self, message: str, code: int) -> None:
        self.stderr.write(message)
        raise SystemExit(code)


KEYS = ("new", "changed", "unchanged", "skipped")
