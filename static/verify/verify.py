#!/usr/bin/env python3
"""核对一次双随机抽取：只用公布的文件，只用 Python 自带的库（3.8 及以上），不联网，不需要本系统。

    python verify.py 文件夹                     文件夹里放公布的 freeze.tsv、entropy.tsv、log.tsv 等文件
    python verify.py 压缩包.zip                 下载的压缩包不用解开
    python verify.py 文件夹 --head 序号:链值     再与您以前抄下的一条记录链对照

VERIFIED n picks    全部文件重算一遍，抽中的 n 家逐字节相同（退出码 0）
PARTIAL n tickets   只有公开文件：种子、公布的 n 家的号码、记录链都对（退出码 2）；下面的行说明哪些没有核对
FAILED 原因          哪个文件、哪一行不对（退出码 1）

The protocol is dr1. This program was written apart from the system that draws, from the same description, so that the
two can be held against each other; read it from the bottom up.
"""

import hashlib
import re
import sys
import zipfile
import zlib
from collections import Counter, deque
from datetime import datetime
from fractions import Fraction
from pathlib import Path

GENESIS = "0" * 64
CODE = r"(?!-(?![0-9A-Za-z._-]))[0-9A-Za-z._-]{1,32}"
ID, INT, POS, PID, HEX = r"[0-9A-Z]{1,32}", r"(?:0|[1-9][0-9]*)", r"[1-9][0-9]*", r"[0-9a-f]{32}", r"[0-9a-f]{64}"
CODES, TEAM = rf"(?:-|{CODE}(?:,{CODE})*)", rf"(?:-|{POS})"
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00"
EXCLUDE = "industry|after-cutoff|authority|status|no-id|cap"
E_OUT = "deregistered|revoked|annulled|moved-out|not-in-scope|duplicate|cap"
I_OUT = "sick|leave|transferred|certificate|recused"
PEOPLE = f"dept {CODE} {POS}|quota {CODE} {CODE} {POS}|teams {POS}"
ROWS = {  # kind: (pattern of a row with blanks for TAB, in words)
    "roster": (f"{ID} {CODE} {CODES}", "主体代码、分层、所需专业（没有写 -）"),
    "pool": (f"{CODE} {PID} {CODES}", "部门、人员号（32 位小写十六进制）、专业（没有写 -）"),
    "recuse": (f"{PID} {ID}", "人员号、主体代码"),
    "exclude": (f"{ID} (?:{EXCLUDE})", "主体代码、原因（" + EXCLUDE.replace("|", "/") + "）"),
    "plan": (
        f"group {CODE} (?:rate {INT}/{POS}|total {INT})|stratum {CODE} {CODE} {INT}|{PEOPLE}",
        "group G rate p/q、group G total n、stratum 分层 G 权重、dept 部门 席位、quota 部门 专业 人数、teams 队数 之一",
    ),
    "public-plan": (PEOPLE, "dept 部门 席位、quota 部门 专业 人数、teams 队数 之一"),
    "public": (f"count {INT} {INT}|pick {ID} {HEX}", "count 名单户数 抽中户数、pick 代码 号码 之一"),
    "events": (
        f"E-OUT {ID} (?:{E_OUT}) (?:-|{ID}) {TEAM} (?:-|{POS})|I-OUT {PID} (?:{I_OUT}) (?:-|{PID}) {TEAM} (?:-|{POS})",
        "E-OUT 代码 原因 替补 队 名次、I-OUT 人员号 原因 替补 队 席 之一",
    ),
    "log": (f"{POS} {TIME} [A-Z][A-Z0-9-]{{0,31}} {CODE} {HEX} {HEX}", "序号、时间、类型、抽取编号、摘要、链值"),
}


class Wrong(Exception):
    """What is wrong, in one line."""


class CannotMatch(Exception):
    """The people do not suffice, or some enterprise has no team to go to."""


def wrong(file, line, reason):
    return Wrong(f"{file}.tsv 第 {line} 行：{reason}" if line else f"{file}.tsv：{reason}")


def sha(data):
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def digest(text):
    return hashlib.sha256(text.encode()).digest()


# ------------------------------------------------------------------------------------------------------ reading files


def lines_of(file, data):
    """The lines of a file of plain ASCII that ends with LF."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise wrong(file, 1, "开头有 BOM，应另存为不带 BOM 的文本")
    if b"\r" in data:
        raise wrong(file, data[: data.index(b"\r")].count(b"\n") + 1, "含回车符 CR，换行应只用 LF")
    for number, line in enumerate(data.split(b"\n"), start=1):
        if any(byte > 127 for byte in line):
            raise wrong(file, number, "含 ASCII 以外的字符，冻结文件只写代码不写名称")
    if not data.endswith(b"\n"):
        raise wrong(file, None, "最后一行之后缺换行 LF，文件可能不完整")
    return data.decode("ascii").split("\n")[:-1]


def read(kind, data, draw_id=None, name=None):
    """(draw id, rows as lists of fields) of a file with a header, strictly. `name`: the file, if not the kind."""
    name = name or kind
    first, *lines = lines_of(name, data)
    head = first.split("\t")
    if len(head) != 4 or head[:2] != ["dr1", kind] or not re.fullmatch(INT, head[3]):
        raise wrong(name, 1, f"首行应为 dr1、{kind}、抽取编号、行数；读到 {first[:120]!r}")
    if not re.fullmatch(CODE, head[2]):
        raise wrong(name, 1, f"抽取编号 {head[2]!r} 不合规")
    if draw_id not in (None, head[2]):
        raise wrong(name, 1, f"属于抽取 {head[2]}，不是 {draw_id}")
    if kind != "roster" and head[3] != str(len(lines)):
        raise wrong(name, 1, f"首行写 {head[3]} 行，实有 {len(lines)} 行")
    pattern, words, previous = re.compile(ROWS[kind][0].replace(" ", r"\t")), ROWS[kind][1], ""
    for number, line in enumerate(lines, start=2):
        if not pattern.fullmatch(line):
            raise wrong(name, number, f"格式不符，应为{words}，以制表符分隔；读到 {line[:120]!r}")
        if kind in ("roster", "pool"):
            codes = line.split("\t")[2].split(",")
            if codes != sorted(set(codes)):
                raise wrong(name, number, "专业代码要按字节升序、不重复，用英文逗号相连")
        if kind == "roster" and line.split("\t")[0] <= previous.split("\t", maxsplit=1)[0]:
            raise wrong(name, number, "没有按主体代码升序排列，或代码重复")
        if kind not in ("roster", "log", "public") and line <= previous:
            raise wrong(name, number, "没有按字节升序排列，或与上一行重复")
        previous = line
    if head[3] != str(len(lines)):
        raise wrong(name, 1, f"首行写 {head[3]} 行，实有 {len(lines)} 行")
    return head[2], [line.split("\t") for line in lines]


def is_time(text):
    try:
        return bool(re.fullmatch(TIME, text)) and bool(datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))  # noqa: DTZ007
    except ValueError:
        return False


def outcomes_of(file, line, kind, text, value=None):
    """How many values a source can take at least, from its announcement (`text`) or from its value."""
    kinds = "dice10、drand、ssq"
    spec, drand = text, rf"{HEX}:{POS}"
    if kind == "dice10":
        if value is not None and not re.fullmatch(r"[0-9]{40,4096}", value):
            raise wrong(file, line, f"骰子数字应为至少 40 位 0–9，中间不留空格；读到 {len(value)} 个字符")
        return 10 ** (40 if value is None else len(value))
    if kind == "drand":
        if value is None and not re.fullmatch(drand, spec):
            raise wrong(file, None, "drand 的说明应为 链摘要（64 位十六进制）:轮次")
        event, _, randomness = (value or "").rpartition(":")
        if value is not None and not (re.fullmatch(drand, event) and re.fullmatch(HEX, randomness)):
            raise wrong(file, line, "drand 应写成 链摘要:轮次:随机值（64 位小写十六进制）")
        if value is not None and event != spec:
            raise wrong(file, line, f"drand 的链或轮次与冻结时指定的 {spec} 不同")
        return 2**256
    if kind != "ssq":
        raise wrong(file, line, f"不认识的随机来源 {kind!r}，可用：{kinds}")
    if value is None and not re.match(r"[0-9]{5,7}(?![0-9])", spec):
        raise wrong(file, None, "ssq 的说明应以期号开头")
    if value is not None:
        match = re.fullmatch(r"([0-9]{5,7}):((?:[0-9]{2},){5}[0-9]{2})\+([0-9]{2})", value)
        if not match:
            raise wrong(file, line, "双色球应写成 期号:01,02,03,04,05,06+07（红球升序、两位数）")
        reds = [int(red) for red in match[2].split(",")]
        if reds != sorted(set(reds)) or reds[0] < 1 or reds[-1] > 33 or not 1 <= int(match[3]) <= 16:
            raise wrong(file, line, "双色球红球应为 01–33 升序不重复，蓝球 01–16")
        if not re.match(rf"{match[1]}(?![0-9])", spec):
            raise wrong(file, line, f"双色球期号 {match[1]} 与冻结时指定的 {spec} 不同")
    return 1107568 * 16


def read_freeze(data):
    """freeze.tsv by key, and "files" {name: (digest, bytes)}, "nonce" {party: digest}, "entropy" [(type, spec)]."""
    one, files, nonces, sources = {}, [], [], []
    for number, line in enumerate(lines_of("freeze", data), start=1):
        f = line.split("\t")
        if f[:2] == ["dr1", "freeze"] and len(f) == 3:
            one["dr1"] = f[2]
        elif f[0] == "file" and len(f) == 4 and re.fullmatch(r"[1-9][0-9]{0,14}", f[3]):
            files.append((f[1], f[2], int(f[3])))
        elif f[0] == "nonce" and len(f) == 3:
            nonces.append((f[1], f[2]))
        elif f[0] == "entropy" and len(f) == 4:
            sources.append((f[2], f[3]))
        elif f[0] == "seq" and len(f) == 2 and not re.fullmatch(r"[1-9][0-9]{0,14}", f[1]):
            raise wrong("freeze", number, "seq 应为正整数")
        elif f[0] in ("alg", "seq", "prev", "time", "not-before", "reveal-by", "supersedes") and len(f) == 2:
            one[f[0]] = f[1]
        else:
            raise wrong("freeze", number, f"不认识的行：{line[:120]!r}")
    for key in ("dr1", "alg", "seq", "prev", "time", "not-before", "reveal-by", "supersedes"):
        if key not in one:
            raise wrong("freeze", None, f"缺少{'首' if key == 'dr1' else ' ' + key + ' '}行")
    check_freeze(one, files, nonces, sources)
    rows = [("dr1", "freeze", one["dr1"]), ("alg", "dr1"), *((k, one[k]) for k in ("seq", "prev", "time"))]
    rows += [("file", name, value, str(size)) for name, value, size in files]
    rows += [("nonce", *nonce) for nonce in nonces]
    rows += [("entropy", str(k), *source) for k, source in enumerate(sources, start=1)]
    rows += [(k, one[k]) for k in ("not-before", "reveal-by", "supersedes")]
    if "".join("\t".join(row) + "\n" for row in rows).encode() != data:
        raise wrong("freeze", None, "各行的次数或顺序不符：dr1、alg、seq、prev、time、file、nonce、entropy…")
    frozen = {name: (value, size) for name, value, size in files}
    return {**one, "id": one["dr1"], "files": frozen, "nonce": dict(nonces), "entropy": sources}


def check_freeze(one, files, nonces, sources):
    """What the freeze promises by itself."""

    def refuse(condition, reason):
        if condition:
            raise wrong("freeze", None, reason)

    draw_id, tail = one["dr1"], re.search(r"([0-9]+)$", one["dr1"])
    refuse(not re.fullmatch(CODE, draw_id), f"抽取编号 {draw_id!r} 不合规")
    refuse(
        not tail or int(tail[1]) != int(one["seq"]), f"seq 应为抽取编号 {draw_id} 末尾的数字，现为 {int(one['seq'])}"
    )
    refuse(not re.fullmatch(HEX, one["prev"]), "prev 应为 64 位小写十六进制的链值")
    for key in ("time", "not-before", "reveal-by"):
        good = is_time(one[key]) or (key == "reveal-by" and one[key] == "-")
        refuse(not good, f"{key} 应写成 2026-04-17T09:00:00+08:00 这样的时间，现为 {one[key]!r}")
    refuse(one["not-before"] < one["time"], "not-before 早于冻结时间")
    refuse(one["reveal-by"] != "-" and one["reveal-by"] < one["not-before"], "reveal-by 早于 not-before")
    other = one["supersedes"]
    refuse(other != "-" and not re.fullmatch(CODE, other), f"supersedes {other!r} 不是抽取编号")
    bad = [1 for name, value, _ in files if not re.fullmatch(CODE, name) or not re.fullmatch(HEX, value)]
    refuse(not files or bad, "file 行应为文件名、SHA-256、字节数，且至少一个")
    bad = [1 for party, value in nonces if not re.fullmatch(CODE, party) or not re.fullmatch(HEX, value)]
    refuse(bad, "nonce 行应为持有方代码、64 位承诺值")
    for names in ([row[0] for row in files], [row[0] for row in nonces]):
        refuse(names != sorted(set(names)), "file 与 nonce 行要按名称升序、不重复")
    total = 1
    for kind, spec in sources:
        printable = re.fullmatch(r"[!-~](?:[ -~]{0,198}[!-~])?", spec)
        refuse(not printable, f"随机来源 {kind} 的说明应为 1–200 个可打印的 ASCII 字符")
        total *= outcomes_of("freeze", None, kind, spec)
    refuse(total < 2**128, "公开随机来源不足 128 比特：至少要有 40 位骰子数字（dice10）或一轮 drand")
    refuse(one["alg"] != "dr1", f"算法应为 dr1，现为 {one['alg']!r}")


def read_entropy(data, freeze):
    lines, pairs = lines_of("entropy", data), []
    for number, line in enumerate(lines, start=1):
        if " " not in line:
            raise wrong("entropy", number, "每行应为 类型、一个空格、数值")
        pairs.append(line.split(" ", 1))
    if [kind for kind, _ in pairs] != [kind for kind, _ in freeze["entropy"]]:
        wanted = "、".join(kind for kind, _ in freeze["entropy"])
        raise wrong("entropy", None, f"随机来源应依次为 {wanted}，一个不多、一个不少")
    total = 1
    for number, ((kind, value), (_, spec)) in enumerate(zip(pairs, freeze["entropy"]), start=1):  # noqa: B905 -- 3.8
        total *= outcomes_of("entropy", number, kind, spec, value)
    if total < 2**128:
        raise wrong("entropy", None, "公开随机数不足 128 比特，不能抽取")
    return lines


def read_nonces(data, freeze):
    """party -> hex: every commitment of the freeze is opened, and nothing else."""
    nonces = {}
    for number, line in enumerate(lines_of("nonces", data), start=1):
        party, _, value = line.partition("\t")
        nonces[party] = value
        opened = sha(f"dr1 nonce\n{freeze['id']}\n{party}\n{value}\n")
        if party in freeze["nonce"] and re.fullmatch(HEX, value) and opened != freeze["nonce"][party]:
            raise wrong("nonces", number, f"{party} 的随机数与冻结时的承诺不符")
    for number, party in enumerate(sorted(nonces), start=1):
        if not re.fullmatch(CODE, party) or not re.fullmatch(HEX, nonces[party]):
            raise wrong("nonces", number, "应为持有方代码、64 位小写十六进制随机数")
    if "".join(f"{party}\t{nonces[party]}\n" for party in sorted(nonces)).encode() != data:
        raise wrong("nonces", None, "应每方一行、按持有方升序、不重复")
    if sorted(nonces) != list(freeze["nonce"]):
        raise wrong("nonces", None, f"应有 {'、'.join(freeze['nonce']) or '零'} 方的随机数")
    return nonces


def read_log(data, freeze):
    """Rows [seq, time, type, draw id, digest, chain]: each line holds the hash of everything before it."""
    rows, chain = read("log", data, freeze["id"])[1], freeze["prev"]
    for number, row in enumerate(rows, start=2):
        chain = sha(f"dr1 log\n{chain}\n" + "\t".join(row[:5]) + "\n")
        row[0] = int(row[0])
        if not is_time(row[1]):
            raise wrong("log", number, f"{row[1]} 不是一个时间")
        before = rows[number - 3] if number > 2 else None
        if before and (row[0] != before[0] + 1 or row[1] < before[1]):
            raise wrong("log", number, "序号不连续或时间倒退")
        if not before and freeze["prev"] == GENESIS and row[0] != 1:
            raise wrong("log", number, "链从头开始，序号却不是 1")
        if row[5] != chain:
            raise wrong("log", number, f"链值断开：应为 {chain}")
    return rows


# ---------------------------------------------------------------------------------------------------------- the draw


def ticket(seed, tag, *parts):
    return sha("/".join((seed, tag, *map(str, parts))))


def read_plan(data, draw_id):
    rows = read("plan", data, draw_id)[1]
    plan = {
        kind: [row[1:] for row in rows if row[0] == kind] for kind in ("group", "stratum", "dept", "quota", "teams")
    }
    for number, row in enumerate(rows, start=2):
        if row[0] == "group" and row[2] == "rate" and Fraction(row[3]) > 1:
            raise wrong("plan", number, f"分组 {row[1]} 的比例 {row[3]} 大于 1")
    if len(plan["teams"]) > 1:
        raise wrong("plan", None, "队数（teams）写了两次")
    keys = {"group": "分组", "stratum": "分层", "dept": "部门"}
    keyed = [(word, [row[0] for row in plan[kind]]) for kind, word in keys.items()]
    for word, codes in [*keyed, ("专业人数", ["/".join(row[:2]) for row in plan["quota"]])]:
        twice = sorted(code for code, times in Counter(codes).items() if times > 1)
        if twice:
            raise wrong("plan", None, f"{word} {twice[0]} 写了两次")
    for code, group, _ in sorted(plan["stratum"]):
        if group not in {row[0] for row in plan["group"]}:
            raise wrong("plan", None, f"分层 {code} 属于未写明的分组 {group}")
    for dept, category, _ in sorted(plan["quota"]):
        if dept not in {row[0] for row in plan["dept"]}:
            raise wrong("plan", None, f"专业人数 {category} 属于未写明的部门 {dept}")
    if bool(plan["teams"]) != bool(plan["dept"]):
        raise wrong("plan", None, "部门与队数要么都写，要么都不写")
    return {**{kind: sorted(plan[kind]) for kind in plan}, "T": int(plan["teams"][0][0]) if plan["teams"] else None}


def allocate(plan, sizes, seed):
    """ALLOCATE: stratum -> (size, number drawn, exact share), in whole numbers and fractions only."""
    unknown = sorted(set(sizes) - {row[0] for row in plan["stratum"]})
    if unknown:
        raise wrong("roster", None, f"分层 {'、'.join(unknown)} 不在 plan.tsv 中")
    result = {}
    for group, mode, value in plan["group"]:
        cells = [(code, sizes.get(code, 0), int(weight)) for code, g, weight in plan["stratum"] if g == group]
        drawable = sum(size for _, size, weight in cells if weight)
        if mode == "rate":
            p, q = map(int, value.split("/"))
            n = min(-(-p * sum(size for _, size, _ in cells) // q), drawable)
        else:
            n = int(value)
            if n > drawable:
                reason = f"分组 {group} 要抽 {n} 家，可抽的只有 {drawable} 家。请减少总数或扩大范围"
                raise wrong("plan", None, reason)
        share, rest = {code: Fraction(0) for code, _, _ in cells}, n
        active = [cell for cell in cells if cell[1] * cell[2]]
        while active and rest:
            mass = sum(size * weight for _, size, weight in active)
            full = [cell for cell in active if rest * cell[2] >= mass]
            if not full:
                share.update({code: Fraction(rest * weight * size, mass) for code, size, weight in active})
                break
            for code, size, _ in full:
                share[code] = Fraction(size)
                rest -= size
            active = [cell for cell in active if cell not in full]
        running, before = Fraction(int(ticket(seed, "R", group), 16), 2**256), 0
        for code, size, _ in cells:
            running += share[code]
            result[code] = (size, running.__floor__() - before, share[code])
            before = running.__floor__()
    return result


def form_teams(plan, pool, seed):
    """TEAMS: (seats [team from 0, dept, seat, pid, phase, ticket], standby {dept: [pid, ticket]})."""
    T, given, standby = plan["T"], [], {}
    for dept, seats in plan["dept"]:
        free = {pid: codes for d, pid, codes in pool if d == dept}
        members = [[] for _ in range(T)]

        def give(todo, phase, people, dept=dept, free=free, members=members):
            order = sorted((ticket(seed, "I", dept, phase, pid), pid) for pid in people)
            if len(order) < len(todo):
                what = "人员" if phase == "-" else f"具备专业 {phase} 的人员"
                raise CannotMatch(
                    f"部门 {dept} 还需要 {len(todo)} 名{what}，可分配的只有 {len(order)} 名。"
                    "请补充人员、降低要求或减少队数"
                )
            for team, (drawn, pid) in zip(todo, order):  # noqa: B905 -- 3.8
                members[team].append(free.pop(pid))
                given.append((team, dept, pid, phase, drawn))
            return order[len(todo) :]

        for _, category, count in (row for row in plan["quota"] if row[0] == dept):
            held = [sum(category in codes for codes in members[t]) for t in range(T)]
            todo = [t for r in range(int(count)) for t in range(T) if held[t] <= r]
            give(todo, category, [pid for pid, codes in free.items() if category in codes])
        todo = [t for r in range(int(seats)) for t in range(T) if len(members[t]) <= r]
        standby[dept] = [(pid, drawn) for drawn, pid in give(todo, "-", list(free))]
    seats = []
    for team in range(T):
        mine = [row for row in given if row[0] == team]
        seats += [(team, dept, k, pid, phase, drawn) for k, (_, dept, pid, phase, drawn) in enumerate(mine, start=1)]
    return seats, standby


def blocked(pick, teams, holds, recused):
    """The teams that `pick` (id, needs) must not go to: somebody recused, or a need that nobody holds."""
    lacks = [[c for c in needs_of(pick[1]) if not any(c in holds[pid] for pid in team)] for team in teams]
    return {t for t, team in enumerate(teams) if lacks[t] or any((pid, pick[0]) in recused for pid in team)}


def needs_of(needs):
    return [] if needs == "-" else needs.split(",")


def match(picks, teams, holds, recused, seed):
    """MATCH: the team (from 0) of each (id, needs): block by block, else by augmenting paths over all."""
    T, dealt = len(teams), []
    closed = [blocked(pick, teams, holds, recused) for pick in picks]
    for start in range(0, len(picks), T):
        block, found = closed[start : start + T], None
        for attempt in range(0 if any(len(shut) == T for shut in block) else 4096):
            prefix = f"{seed}/M/{start // T}/{attempt}/"
            order = sorted(range(T), key=lambda t: (digest(f"{prefix}{t}"), t))
            if not any(team in shut for shut, team in zip(block, order)):  # noqa: B905 -- 3.8
                found = order[: len(block)]
                break
        if found is None:
            return fallback(picks, teams, closed, holds, recused, seed)
        dealt += found
    return dealt


def fallback(picks, teams, closed, holds, recused, seed):
    T, team_of, load = len(teams), {}, [[] for _ in teams]
    orders = [sorted(range(T), key=lambda t: (digest(f"{seed}/G/{pick[0]}/{t}"), t)) for pick in picks]
    wish = [[t for t in order if t not in shut] for order, shut in zip(orders, closed)]  # noqa: B905 -- 3.8

    def search(start, cap):
        came, reached, queue = {}, [start], deque([start])
        while queue:
            e = queue.popleft()
            for t in (t for t in wish[e] if t not in came):
                came[t] = e
                if len(load[t]) < cap:
                    while t is not None:
                        e, old = came[t], team_of.get(came[t])
                        team_of[e] = t
                        load[t] = sorted([*load[t], e])
                        if old is not None:
                            load[old].remove(e)
                        t = old  # noqa: PLW2901
                    return None
                queue.extend(load[t])
                reached.extend(load[t])
        return reached, list(came)

    for cap in (len(picks) // T, -(-len(picks) // T)):
        stuck = None
        for e in range(len(picks)):
            if e not in team_of:
                failed = search(e, cap)
                stuck = stuck or (failed and (cap, *failed))
    if stuck:
        raise why_not([picks[e] for e in sorted(stuck[1])], sorted(stuck[2]), stuck[0], teams, holds, recused)
    return [team_of[e] for e in range(len(picks))]


def why_not(picks, open_teams, cap, teams, holds, recused):
    """Which enterprises cannot all be placed, and what stands in the way."""
    pairs, example = Counter(), {}
    for identifier, needs in picks:
        for t in (t for t in range(len(teams)) if t not in open_teams):
            reasons = [("pid", pid) for pid in teams[t] if (pid, identifier) in recused]
            reasons += [("category", c) for c in needs_of(needs) if not any(c in holds[pid] for pid in teams[t])]
            for reason in reasons:
                pairs[reason] += 1
                example.setdefault(reason, (identifier, t + 1))
    ids, places = "、".join(pick[0] for pick in picks), "、".join(str(t + 1) for t in open_teams)
    text = f"{ids} 没有任何一队可去。"
    if open_teams:
        text = (
            f"这 {len(picks)} 家（{ids}）只能由第 {places} 队检查，"
            f"而合计只容得下 {cap * len(open_teams)} 家（每队 {cap} 家）。"
        )
    lift = []
    for (kind, value), number in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:5]:
        what = f"人员 {value} 的回避" if kind == "pid" else f"专业 {value} 的需要"
        where = example[(kind, value)]
        lift.append(f"{what}（挡住 {number} 对，如 {where[0]} 与第 {where[1]} 队）")
    return CannotMatch(text + (f"可解除其一：{'；'.join(lift)}；或增加队数。" if lift else "请增加队数。"))


class Draw:
    """The whole draw from its files: `picks` [(stratum, rank, id, ticket, needs)], `team` {id: team}, `result`."""

    def __init__(self, files, seed, roster):
        self.draw_id, self.seed, self.plan = roster[0], seed, read_plan(files["plan"], roster[0])
        self.numbers = allocate(self.plan, Counter(row[1] for row in roster[1]), seed)
        order = {}
        for identifier, stratum, needs in roster[1]:
            order.setdefault(stratum, []).append((ticket(seed, "E", identifier), identifier, needs))
        self.order = {stratum: sorted(rows) for stratum, rows in order.items()}
        self.picks = [
            (stratum, rank, identifier, drawn, needs)
            for stratum, (_, n, _) in sorted(self.numbers.items())
            for rank, (drawn, identifier, needs) in enumerate(self.order.get(stratum, [])[:n], start=1)
        ]
        self.seats, self.standby, self.team, self.stopped = [], {}, {}, None
        self.pool = read("pool", files["pool"], self.draw_id)[1] if self.plan["T"] is not None else []
        self.holds = {pid: needs_of(codes) for _, pid, codes in self.pool}
        self.recused = set()
        if self.plan["T"] is not None:
            self._teams(files)
        self.result = self._result()

    def _teams(self, files):
        try:
            pool = [(dept, pid, self.holds[pid]) for dept, pid, _ in self.pool]
            self.seats, self.standby = form_teams(self.plan, pool, self.seed)
            self.recused = {tuple(row) for row in read("recuse", files["recuse"], self.draw_id)[1]}
            teams = [[seat[3] for seat in self.seats if seat[0] == t] for t in range(self.plan["T"])]
            wanted = [(pick[2], pick[4]) for pick in self.picks]
            places = match(wanted, teams, self.holds, self.recused, self.seed)
            self.team = {pick[2]: team for pick, team in zip(self.picks, places)}  # noqa: B905 -- 3.8
        except CannotMatch as stopped:
            self.seats, self.standby, self.stopped = [], {}, stopped

    def _result(self):
        rows = [
            ("pick", stratum, rank, identifier, drawn, self.team[identifier] + 1 if identifier in self.team else "-")
            for stratum, rank, identifier, drawn, _ in self.picks
        ]
        for stratum, (size, n, x) in self.numbers.items():
            rows.append(("strat", stratum, size, n, f"{x.numerator}/{x.denominator}"))
        rows += [("team", seat[0] + 1, *seat[1:]) for seat in self.seats]
        return self.written("result", rows)

    def written(self, kind, rows):
        lines = sorted("\t".join(map(str, row)) for row in rows)
        return "".join(f"{line}\n" for line in [f"dr1\t{kind}\t{self.draw_id}\t{len(lines)}", *lines]).encode()


class Events:
    """EVENTS: who stands after each batch."""

    def __init__(self, draw):
        self.draw, self.seats, self.out = draw, [list(seat) for seat in draw.seats], set()
        self.standby = {dept: list(people) for dept, people in draw.standby.items()}
        self.team = {pick[2]: draw.team.get(pick[2]) for pick in draw.picks}
        self.about = {row[1]: (code, k, row[2]) for code, o in draw.order.items() for k, row in enumerate(o, start=1)}
        self.used = set(self.team)

    def members(self, t):
        return [seat[3] for seat in self.seats if seat[0] == t]

    def batch(self, name, data):
        lines = [row[:3] for row in read("events", data, self.draw.draw_id, name)[1]]
        names, pids = Counter(row[1] for row in lines), set(self.draw.holds)
        for number, (kind, who, _) in enumerate(lines, start=2):
            if names[who] > 1 or who in self.out or (who in self.used and who not in self.team):
                raise wrong(name, number, f"{who} 已经退出或重复")
            if who not in (pids if kind == "I-OUT" else self.about):
                among = "备选人员" if kind == "I-OUT" else "抽取名单与后备"
                raise wrong(name, number, f"{who} 不在{among}之中")
        self.used |= {who for kind, who, _ in lines if kind == "E-OUT"}
        self.out |= {who for kind, who, _ in lines if kind == "I-OUT"}
        done = [(*row, *(self.enterprise(row[1]) if row[0] == "E-OUT" else self.person(row[1]))) for row in lines]
        differ(name, data, self.draw.written("events", done))

    def enterprise(self, who):
        if who not in self.team:
            return "-", "-", "-"
        stratum, team = self.about[who][0], self.team.pop(who)
        n = self.draw.numbers[stratum][1]
        called = next((row[1] for row in self.draw.order[stratum][n:] if row[1] not in self.used), None)
        if called is None:
            return "-", "-", "-"
        if team is not None:
            teams = [self.members(t) for t in range(self.draw.plan["T"])]
            shut = blocked((called, self.about[called][2]), teams, self.draw.holds, self.draw.recused)
            if team in shut:
                may = [t for t in range(len(teams)) if t not in shut]
                if not may:
                    raise CannotMatch(f"替补主体 {called} 没有任何一队可去：各队都有须回避的人员或缺所需专业")
                loads = Counter(self.team.values())
                team = min(may, key=lambda t: (loads[t], ticket(self.draw.seed, "X", called, t)))
        self.team[called] = team
        self.used.add(called)
        return called, "-" if team is None else team + 1, self.about[called][1]

    def person(self, who):
        seat = next((seat for seat in self.seats if seat[3] == who), None)
        if seat is None:
            return "-", "-", "-"
        team, dept = seat[0], seat[1]
        for pid, drawn in self.standby.get(dept, []):
            if pid not in self.out and self.fits(team, [p for p in self.members(team) if p != who], pid):
                self.standby[dept].remove((pid, drawn))
                seat[3:] = [pid, "-", drawn]
                return pid, team + 1, seat[2]
        waiting = len(self.standby.get(dept, []))
        raise CannotMatch(
            f"部门 {dept} 没有可替补第 {team + 1} 队第 {seat[2]} 席（{who}）的待命人员："
            f"{waiting} 人待命，均须回避、不具备所需专业或已退出"
        )

    def fits(self, team, others, pid):
        holds, dept_of = self.draw.holds, {row[1]: row[0] for row in self.draw.pool}
        people = [*others, pid]
        for dept, category, count in self.draw.plan["quota"]:
            if sum(dept_of[p] == dept and category in holds[p] for p in people) < int(count):
                return False
        mine = [(i, self.about[i][2]) for i, t in self.team.items() if t == team]
        return not any(
            (pid, i) in self.draw.recused or any(not any(c in holds[p] for p in people) for c in needs_of(needs))
            for i, needs in mine
        )


# ------------------------------------------------------------------------------------------------------------ checks


def differ(name, found, expected):
    """Name the first line that is not as recomputed."""
    have, want = found.split(b"\n"), expected.split(b"\n")
    if have == want:
        return
    pairs = enumerate(zip(have, want))  # noqa: B905 -- 3.8
    line = next((n for n, (a, b) in pairs if a != b), min(len(have), len(want)))
    told = want[line].decode() if line < len(want) else "（到此为止）"
    sources = "不是这个文件被改，就是种子的来源（freeze.tsv、entropy.tsv、nonces.tsv）被改"
    raise wrong(name, line + 1, f"与重算结果不符，应为 {told!r}。{sources}")


def check_log(files, freeze, head):
    """The chain, the records it seals, and the value noted down elsewhere."""
    rows = read_log(files["log"], freeze) if "log" in files else []
    own = [row for row in rows if row[3] == freeze["id"]]
    if "log" in files and (not own or own[0][2] != "FREEZE"):
        raise wrong("log", 2, "这次抽取的第一条记录应为 FREEZE")
    for seq, time, kind, _, value, _ in own:
        name = kind.lower()
        if name in files and sha(files[name]) != value:
            raise wrong(name, None, f"摘要与记录链第 {seq} 条（{kind}）不符，应为 {value}")
        if kind == "ENTROPY" and time < freeze["not-before"]:
            raise wrong("log", None, f"随机数在 not-before（{freeze['not-before']}）之前就已记录")
    if head is None:
        return rows, own
    noted = re.fullmatch(rf"(0|[1-9][0-9]{{0,14}}):({HEX})", head)
    if not noted:
        raise Wrong(f"--head：应写成 序号:链值（64 位小写十六进制），读到 {head[:100]!r}")
    if not rows:
        raise wrong("log", None, "没有这个文件，无法与留存的链首对照")
    known, number = {rows[0][0] - 1: freeze["prev"], **{row[0]: row[5] for row in rows}}, int(noted[1])
    if number not in known:
        raise wrong("log", None, f"只有第 {rows[0][0]} 到第 {rows[-1][0]} 条，无法与留存的第 {number} 条对照")
    if known[number] != noted[2]:
        both = f"留存 {noted[2]}，文件 {known[number]}"
        raise wrong("log", None, f"第 {number} 条的链值与留存的链首不符：{both}。记录被整体改写过")
    return rows, own


def check_frozen(files, freeze):
    for name in ("plan", "pool", "recuse", "roster"):
        if name not in freeze["files"]:
            raise wrong("freeze", None, f"没有列出 {name}.tsv")
    for name, (value, size) in freeze["files"].items():
        if name not in files and name != "exclude":
            raise wrong(name, None, "冻结清单列有这个文件，却没有提供")
        if name in files and (sha(files[name]), len(files[name])) != (value, size):
            now = f"{sha(files[name])}（{len(files[name])} 字节）"
            raise wrong(name, None, f"冻结后被改动：freeze.tsv 所列摘要为 {value}（{size} 字节），现为 {now}")
    if "exclude" in files and "exclude" not in freeze["files"]:
        raise wrong("exclude", None, "冻结清单没有列出这个文件")


def find_seed(files, freeze, nonces):
    lines = ["dr1 seed", f"freeze {sha(files['freeze'])}"]
    lines += [f"entropy {k} {value}" for k, value in enumerate(read_entropy(files["entropy"], freeze), start=1)]
    return sha("".join(f"{line}\n" for line in [*lines, *(f"nonce {p} {nonces[p]}" for p in sorted(nonces))]))


def check_whole(files, freeze):
    """Draw again from all files; the number of picks."""
    try:
        roster = read("roster", files["roster"], freeze["id"])
    except Wrong as error:
        where, _, reason = str(error).partition("：")
        changed = sha(files["roster"]) != freeze["files"].get("roster", ("",))[0]
        raise Wrong(f"{where}：{'冻结后被改动：' if changed else ''}{reason}") from None
    check_frozen(files, freeze)
    read_entropy(files["entropy"], freeze)
    if freeze["nonce"] and "nonces" not in files:
        raise wrong("nonces", None, "缺少这个文件")
    nonces = read_nonces(files["nonces"], freeze) if freeze["nonce"] else {}
    draw = Draw(files, find_seed(files, freeze, nonces), roster)
    if draw.stopped and "void" not in files:
        raise Wrong(f"分队与配对：{draw.stopped}")
    differ("result", files["result"], draw.result)
    if "exclude" in files:
        both = {row[0] for row in read("exclude", files["exclude"], freeze["id"])[1]} & {row[0] for row in roster[1]}
        if both:
            raise wrong("exclude", None, f"{min(both)} 既在名单中又在排除清单中")
    if "public" in files:
        rows = [f"pick\t{p[2]}\t{p[3]}" for p in sorted(draw.picks, key=lambda p: (p[3], p[2]))]
        rows = [f"dr1\tpublic\t{freeze['id']}\t{len(rows) + 1}", f"count\t{len(roster[1])}\t{len(rows)}", *rows]
        differ("public", files["public"], "".join(f"{row}\n" for row in rows).encode())
    if "public-plan" in files:
        rows = [row for row in read("plan", files["plan"])[1] if row[0] in ("dept", "quota", "teams")]
        differ("public-plan", files["public-plan"], draw.written("public-plan", rows))
    events = Events(draw)
    for number, name in enumerate(sorted(n for n in files if re.fullmatch(r"events-[0-9]{3}", n)), start=1):
        if name != f"events-{number:03d}":
            raise wrong(name, None, f"事项文件应从 events-001 起连续编号，缺 events-{number:03d}")
        try:
            events.batch(name, files[name])
        except CannotMatch as error:
            raise Wrong(f"分队与配对：{error}") from None
    return len(draw.picks)


def check_public(files, freeze):
    """Seed and published tickets; (tickets, enterprises in the roster), None while nothing is published."""
    if "public-plan" in files:
        rows = read("public-plan", files["public-plan"], freeze["id"])[1]
        if sum(row[0] == "teams" for row in rows) > 1:
            raise wrong("public-plan", None, "队数（teams）写了两次")
    seed = None
    if "entropy" in files:
        read_entropy(files["entropy"], freeze)
        nonces = read_nonces(files["nonces"], freeze) if "nonces" in files else {}
        seed = find_seed(files, freeze, nonces) if len(nonces) == len(freeze["nonce"]) else None
    if "public" not in files:
        return None
    if seed is None:
        raise wrong("nonces", None, "缺少这个文件")
    rows = read("public", files["public"], freeze["id"])[1]
    if not rows or rows[0][0] != "count":
        raise wrong("public", 2, "第一行数据应为 count、名单户数、抽中户数")
    seen = set()
    for number, row in enumerate(rows[1:], start=3):
        if row[0] != "pick":
            raise wrong("public", number, "count 行只能有一行")
        if number > 3 and row[:0:-1] <= rows[number - 3][:0:-1]:
            raise wrong("public", number, "没有按号码升序排列，或与上一行重复")
        if row[1] in seen:
            raise wrong("public", number, f"{row[1]} 出现了两次")
        seen.add(row[1])
    total, drawn = int(rows[0][1]), int(rows[0][2])
    if drawn != len(seen) or len(seen) > total:
        raise wrong("public", 2, f"count 写抽中 {drawn} 家、名单 {total} 家，实有 {len(seen)} 家抽中")
    for number, (_, identifier, shown) in enumerate(rows[1:], start=3):
        if shown != ticket(seed, "E", identifier):
            sources = "不是这个文件被改，就是种子的来源（freeze.tsv、entropy.tsv、nonces.tsv）被改"
            expected = ticket(seed, "E", identifier)
            raise wrong("public", number, f"{identifier} 的号码与重算结果不符，应为 {expected}。{sources}")
    return drawn, total


def unpacked(path):
    """The .tsv files of a ZIP, whatever folder in it they lie in."""
    files = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                inside = re.fullmatch(r"(?:.*/)?([0-9a-z-]+)\.tsv", entry.filename)
                if inside is None:
                    continue
                if inside[1] in files:
                    raise Wrong(f"{path}：压缩包里有两个 {inside[1]}.tsv，请只留一次抽取的文件")
                files[inside[1]] = archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
        raise Wrong(f"{path}：不是 ZIP 压缩包，或者损坏、有密码") from None
    return files


def verify(folder, head=None):
    """(exit code, lines to print)."""
    folder = Path(folder)
    if folder.is_dir():
        files = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.tsv"))}
    elif folder.is_file():
        files = unpacked(folder)
    else:
        raise Wrong(f"{folder}：没有这个文件夹")
    whole = "result" in files or "roster" in files or not ("public" in files or "log" in files)
    needed = ("freeze", "plan", "pool", "recuse", "roster", "entropy", "result")
    if not whole:
        needed = ("freeze", "entropy", "log") if "public" in files else ("freeze", "log")
    for name in needed:
        if name not in files:
            raise wrong(name, None, "缺少这个文件")
    freeze = read_freeze(files["freeze"])
    rows, own = check_log(files, freeze, head)
    notes = [
        f"这次抽取已于 {row[1]} 作废（记录链第 {row[0]} 条），结果不用于检查。" for row in own if row[2] == "VOID"
    ][:1]
    if whole:
        return 0, [f"VERIFIED {check_whole(files, freeze)} picks", *notes]
    found = check_public(files, freeze)
    if found is None:
        drawn = any(row[2] == "RESULT" for row in own)
        when = "" if freeze["reveal-by"] == "-" else f"，最迟 {freeze['reveal-by']}"
        first = f"名单已冻结，还没有抽取（最早 {freeze['not-before']}）。"
        if drawn:
            first = f"这次抽取结果封存，还没有揭示{when}。公开以后可以核对种子和每一个号码。"
        last = f"现在能核对的：冻结清单、记录链 {len(rows)} 条，均无误。请抄下最后一条的链值，以后对照。"
        return 2, ["PARTIAL 0 tickets", *notes, first, last]
    n, total = found
    audit = [row for row in own if row[2] == "AUDIT"]
    checked = "这两项由审计角色用全部文件核对；记录链里还没有核对记录。"
    if audit:
        checked = f"这两项已由审计角色核对：{audit[-1][1]}，摘要 {audit[-1][4]}。"
    return 2, [
        f"PARTIAL {n} tickets",
        *notes,
        f"已核对：冻结清单、种子、公布的 {n} 家的号码逐一重算相同、记录链 {len(rows)} 条。",
        f"公开文件不能核对：名单 {total} 家是否完整、抽中的 {n} 家是否齐全（各等级的名单不公开）。",
        checked,
    ]


def main(arguments):
    head = None
    if "--head" in arguments[:-1]:
        at = arguments.index("--head")
        head = arguments[at + 1]
        arguments = arguments[:at] + arguments[at + 2 :]
    if len(arguments) != 1:
        print(__doc__)
        return 2
    try:
        code, lines = verify(arguments[0], head)
    except Wrong as error:
        code, lines = 1, [f"FAILED {error}"]
    except OSError as error:
        code, lines = 1, [f"FAILED {error.filename}：无法读取"]
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
