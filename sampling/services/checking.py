"""Whether a draw still is what was written, quick enough for every look: files against digests, log against chain.

The whole recomputation, tables included, is `auditing.verify_draws`. Reads only.
"""

from registry.errors import DomainError
from sampling import bundle
from sampling.models import Draw, LogEntry, LogHead, Roster


def log_fault(stream: str) -> str:
    """What is wrong with a draw log, in words: the first line that does not follow; empty when it is whole."""
    chain, expected = bundle.GENESIS, 1
    entries = LogEntry.objects.filter(stream=stream).select_related("roster").order_by("seq")
    for entry in entries.iterator(chunk_size=2000):
        line = bundle.log_line(entry.seq, entry.time, entry.kind, entry.roster.draw_id, entry.sha256)
        (chain,) = bundle.log_chain(chain, [line])
        if entry.seq != expected:
            return f"记录链缺第 {expected} 条"
        if entry.chain != chain:
            return f"记录链第 {entry.seq} 条（{entry.kind}，{entry.time}）与前面的接不上"
        expected += 1
    head = LogHead.objects.filter(stream=stream).first()
    if head is not None and (head.seq, head.chain) != (expected - 1, chain):
        return f"记录链在第 {expected - 1} 条中断，而链首记着第 {head.seq} 条"
    return ""


def draw_fault(roster: Roster) -> str:
    """What is wrong with a frozen list, its draw or its log, in words; empty when everything agrees."""
    digests = {}
    for file in roster.files.order_by("name"):
        digests[file.name] = file.sha256
        if bundle.sha256_hex(file.content.encode()) != file.sha256:
            return f"{file.name}.tsv 的内容与它的摘要不符"
    for entry in roster.log.order_by("seq"):
        if entry.record not in digests:
            return f"记录链第 {entry.seq} 条（{entry.kind}）的文件 {entry.record}.tsv 不见了"
        if digests[entry.record] != entry.sha256:
            return f"{entry.record}.tsv 与记录链第 {entry.seq} 条（{entry.kind}）所记的不符"
    if digests.get("freeze", roster.digest) != roster.digest:
        return "冻结文件与冻结摘要不符"
    draw = Draw.objects.filter(roster=roster).first()
    if draw is not None and digests.get("result", draw.result_digest) != draw.result_digest:
        return "结果文件与结果摘要不符"
    return log_fault(roster.stream)


def must_be_whole(roster: Roster) -> None:
    """Refuse to go on with a draw whose files or log were changed."""
    if fault := draw_fault(roster):
        raise DomainError(f"抽取文件核对不符（{fault}），不能派发。请立即报告系统管理员和审计，保留现场。")
