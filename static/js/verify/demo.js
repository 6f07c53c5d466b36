// 改一位数字试试: the same files under other digits, on this screen only.

import { button, h } from "./dom.js";
import { Seeded } from "./sha256.js";
import { redraw } from "./verify.js";
import { groupName, thousands } from "./words.js";

function digitGroups(digits, changed = -1) {
  const groups = [];
  for (let at = 0; at < digits.length; at += 5) {
    const shown = [...digits.slice(at, at + 5)].map((digit, i) => (at + i === changed ? h("mark", {}, digit) : digit));
    groups.push(h("span", { class: "digit-group code" }, shown));
  }
  return h("div", { class: "digit-groups" }, groups);
}

function firstOf(report, outcome, seed, nameOf) {
  const label = ({ id }) => nameOf(id) || id;
  if (outcome) {
    const [widest] = [...outcome.strata].sort((a, b) => b.size - a.size);
    const order = outcome.ranks.ranked(widest.stratum, 1, Math.min(4, widest.size));
    return [`${groupName(report, widest.stratum)}排在最前面的 ${order.length} 家`, order.map((r) => [r.ticket, label(r)])];
  }
  const seeded = new Seeded(seed);
  const picks = report.shown.picks.slice(0, 4);
  return [`同样这 ${picks.length} 家的号码`, picks.map((pick) => [seeded.hex(`/E/${pick.id}`), label(pick)])];
}

function column(title, digits, changed, [caption, rows]) {
  return h("div", {},
    h("p", {}, h("b", {}, title)),
    digitGroups(digits, changed),
    h("p", { class: "sub mt-2" }, caption),
    h("ol", { class: "first-tickets" }, rows.map(([ticket, name]) => h("li", {}, h("span", { class: "code" }, ticket.slice(0, 6)), ` ${name}`))),
  );
}

function conclusion(report, other) {
  if (!other.outcome) return "只改一位，种子完全不同，每一家的号码也完全不同。所以没有人能靠挑数字来挑企业。";
  const now = new Set(other.outcome.picks.map(({ id }) => id));
  const same = report.outcome.picks.filter(({ id }) => now.has(id));
  const whole = new Set(report.outcome.strata.filter((a) => a.drawn === a.size).map((a) => a.stratum));
  const sure = same.filter(({ stratum }) => whole.has(stratum)).length;
  const why = sure ? `（其中 ${thousands(sure)} 家所在的组本来就全部抽中）` : "";
  return `只改一位，${thousands(report.count)} 家里只剩 ${thousands(same.length)} 家相同${why}。所以没有人能靠挑数字来挑企业。`;
}

// Fills `body`; nameOf(id): a name if it is known.
export function showDemo(body, report, nameOf) {
  const at = report.values?.findIndex((value) => value.startsWith("dice10 ")) ?? -1;
  if (report.error || !report.seed || at !== 0 || !report.count) return false;
  const digits = report.values[0].split(" ")[1];
  let turn = 0;
  const show = async () => {
    const position = (digits.length - 1 + digits.length * turn - turn * 7) % digits.length;
    const digit = (Number(digits[position]) + 1) % 10;
    turn++;
    const other = await redraw(report, position, digit);
    const changed = `${digits.slice(0, position)}${digit}${digits.slice(position + 1)}`;
    const title = `把第 ${position + 1} 位 ${digits[position]} 改成 ${digit}`;
    body.replaceChildren(
      h("div", { class: "cols-2" },
        column(`公布的 ${digits.length} 位数字`, digits, -1, firstOf(report, report.outcome, report.seed, nameOf)),
        column(title, changed, position, firstOf(report, other.outcome, other.seed, nameOf))),
      h("p", { class: "mt-3" }, conclusion(report, other)),
      h("div", { class: "btn-row" }, button("再改一位", "btn-secondary", "shuffle", show), button("恢复公布的数字", "btn-link", "", start)),
    );
  };
  const start = () => body.replaceChildren(
    h("p", {}, `公布的 ${digits.length} 位数字：`), digitGroups(digits),
    h("div", { class: "btn-row mt-3" }, button("改一位数字", "btn-secondary", "shuffle", show)),
  );
  start();
  return true;
}
