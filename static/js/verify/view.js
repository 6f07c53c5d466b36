// The verification as a page: banner, four lights, one enterprise, the demo. The same for the site and the offline file.

import { button, h, icon, rankBar } from "./dom.js";
import { showDemo } from "./demo.js";
import { Cancelled, verify } from "./verify.js";
import { TAGS, bannerOf, enterprise, lightsOf, voidText } from "./words.js";
import { workingOf } from "./workings.js";
import { ZipError, isZip, readZip } from "./zip.js";

const MARKS = { ok: "check-lg", bad: "x-lg", part: "circle-half", skip: "dash-lg" };
const mark = (state) => h("span", { class: `light light-${state}` }, icon(MARKS[state]));
const panel = (title, note, ...body) => h("section", { class: "panel", "aria-label": title },
  h("header", { class: "panel-head" }, h("h2", {}, title), note ? h("span", { class: "panel-note" }, note) : ""),
  h("div", { class: "panel-body" }, body));

// The files chosen by the visitor: .tsv as they are, a ZIP unpacked. Map of name -> bytes.
async function filesIn(chosen) {
  const files = new Map();
  for (const file of chosen) {
    const name = /^([0-9a-z-]+?)(?: ?\(\d+\))?\.tsv$/.exec(file.name);
    if (name) files.set(name[1], new Uint8Array(await file.arrayBuffer()));
    else if (/\.zip$/i.test(file.name)) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (!isZip(bytes)) throw new ZipError("这不是 ZIP 压缩包，或者没有下载完整。");
      for (const [inside, data] of await readZip(bytes)) files.set(inside, data);
    }
  }
  return files;
}

// root: where to build. source: {load(): Promise<Map>, label, again} or none; names: Map id -> name; help: element with
// what to do when it fails; listed: element with the list of files.
export class VerifyView {
  constructor(root, { names = new Map(), help = null, listed = null, load = null, seed = "" } = {}) {
    Object.assign(this, { names, help, load, seed, files: null, own: false, run: 0 });
    this.banner = h("div", { class: "verdict", role: "status" });
    this.lights = h("section", { class: "panel lights", "aria-label": "四项核对" });
    this.demo = panel("改一位数字试试", "只在您的屏幕上试，不影响公布的结果");
    this.finder = panel("查一家企业", "");
    this.chooser = this.fileChooser();
    this.main = h("div", { class: "stack" }, this.lights, this.demo, listed);
    this.side = h("div", { class: "stack" }, this.finder, this.chooser.panel, help);
    root.replaceChildren(this.banner, h("div", { class: "cols verify-cols" }, this.main, this.side));
    this.lights.hidden = this.demo.hidden = this.finder.hidden = true;
  }

  fileChooser() {
    const input = h("input", { type: "file", multiple: true, accept: ".tsv,.zip", id: "own-files", class: "visually-hidden" });
    input.addEventListener("change", () => {
      const chosen = [...input.files];
      input.value = ""; // the same files may be chosen again
      if (chosen.length) this.take(chosen);
    });
    const zone = h("label", { for: "own-files", class: "file-zone" }, icon("file-earmark-arrow-down", "icon icon-lg"),
      h("span", {}, h("b", {}, "选择文件"), "，或把文件拖到这里"));
    const stop = (event) => event.preventDefault();
    const where = panel("用我自己的文件验证", "", input, zone,
      h("p", { class: "sub mt-2" }, "选择下载的压缩包，或一次选中全部 .tsv 文件（freeze.tsv、entropy.tsv、log.tsv 等）。文件只在您的浏览器里读，不上传。"));
    where.addEventListener("dragover", stop);
    where.addEventListener("drop", (event) => { stop(event); this.take([...event.dataTransfer.files]); });
    return { panel: where, input };
  }

  async take(chosen) {
    let files;
    try {
      files = await filesIn(chosen);
    } catch (error) {
      if (!(error instanceof ZipError)) throw error;
      return this.say("bad", "压缩包打不开", error.message, []);
    }
    if (!files.size) return this.say("bad", "没有可以核对的文件", "请选择下载的压缩包，或其中以 .tsv 结尾的文件。", []);
    this.files = files;
    this.own = true;
    return this.check();
  }

  say(state, title, text, actions) {
    this.banner.className = `verdict verdict-${state}`;
    this.banner.replaceChildren(mark(state), h("div", { class: "verdict-text" }, h("h2", {}, title), h("p", {}, text)),
      h("div", { class: "btn-row no-print" }, actions));
  }

  waiting(title) {
    const bar = h("progress", { class: "meter full", max: "1", value: "0", "aria-label": title });
    this.banner.className = "verdict verdict-wait";
    this.banner.replaceChildren(mark("skip"), h("div", { class: "verdict-text" }, h("h2", {}, title), bar),
      h("div", { class: "btn-row" }, button("停止", "btn-secondary", "x-circle", () => { this.run++; this.stopped(); })));
    return bar;
  }

  stopped() {
    this.say("skip", "已停止", "没有得出结论。", [button("重新验证", "btn-primary", "arrow-clockwise", () => this.again())]);
  }

  again() {
    return this.files ? this.check() : this.fromSite();
  }

  // The files of this site.
  async fromSite() {
    const run = ++this.run;
    this.own = false;
    this.files = null;
    const bar = this.waiting("正在下载公布的文件……");
    try {
      const files = await this.load((share) => { bar.value = share; });
      if (run !== this.run) return;
      this.files = files;
    } catch (error) {
      if (run === this.run) this.unreachable(error);
      return;
    }
    await this.check();
  }

  unreachable(error) {
    const text = `${error.message}。可以再试一次；手上有文件的，请在“用我自己的文件验证”里选择。`;
    this.say("bad", "公布的文件没有下载下来", text, [
      button("再试一次", "btn-secondary", "arrow-clockwise", () => this.fromSite()),
      button("选择文件", "btn-primary", "upload", () => this.chooser.input.click()),
    ]);
    this.lights.hidden = this.demo.hidden = this.finder.hidden = true;
  }

  async check(head = "") {
    const run = ++this.run;
    const bar = this.waiting("正在您的浏览器中验证……");
    const begun = performance.now();
    try {
      const report = await verify(this.files, {
        head, shownSeed: this.own ? "" : this.seed, progress: (share) => { bar.value = share; }, cancelled: () => run !== this.run,
      });
      if (run !== this.run) return;
      this.show(report, (performance.now() - begun) / 1000);
    } catch (error) {
      if (error instanceof Cancelled || run !== this.run) return;
      throw error;
    }
  }

  show(report, seconds) {
    this.report = report;
    const { state, title, text } = bannerOf(report, seconds, this.own, new Date());
    const again = this.own && this.load
      ? button("用本站数据重新验证", report.error ? "btn-primary" : "btn-secondary", "arrow-clockwise", () => this.fromSite())
      : button("重新验证", "btn-secondary", "arrow-clockwise", () => this.again());
    const print = button(report.error ? "打印这个结果" : "打印验证结果", report.error ? "btn-secondary" : "btn-primary", "printer", () => window.print());
    this.say(state, title, text, report.error ? [print, again] : [again, print]);
    this.banner.dataset.seconds = seconds.toFixed(3);
    this.banner.dataset.verdict = report.verdict;
    this.banner.append(this.note(report));
    this.showLights(report);
    this.demo.hidden = !showDemo(this.demo.lastChild, report, (id) => this.names.get(id));
    this.showFinder(report);
    if (this.help) (report.error ? this.side.prepend(this.help) : this.side.append(this.help));
  }

  note(report) {
    const text = voidText(report);
    return text ? h("div", { class: "verdict-notes" }, h("p", {}, icon("exclamation-triangle-fill"), ` ${text}`)) : "";
  }

  showLights(report) {
    this.lights.hidden = false;
    this.lights.replaceChildren(...lightsOf(report).map(({ state, title, text, problems }, light) => {
      const working = workingOf(report, light, (head) => this.check(head));
      const more = problems.slice(1).map((error) => h("p", {}, error.message));
      const details = h("details", { open: state === "bad" || (light === 3 && Boolean(report.head)) }, h("summary", {}, h("span", { class: "when-shut" }, "展开看过程"), h("span", { class: "when-open" }, "收起过程")),
        h("div", { class: "working" }, more, working));
      return h("div", { class: "light-row", "data-state": state }, mark(state),
        h("div", { class: "light-body" }, h("h3", {}, title, " ", h("span", { class: `tag light-tag-${state}` }, TAGS[state])), h("p", {}, text),
          working.length || more.length ? details : ""));
    }));
  }

  showFinder(report) {
    this.finder.hidden = report.mode === "early" && !report.error;
    const field = (id, label, extra = {}) => {
      const input = h("input", { type: "text", id, autocomplete: "off", spellcheck: "false", ...extra });
      return [input, h("div", { class: "field" }, h("label", { for: id }, label), input)];
    };
    const byName = this.names.size > 0;
    const [who, whoField] = field("find-who", byName ? "企业名称或统一社会信用代码" : "统一社会信用代码");
    const [own, ownField] = field("find-ticket", "通知书上的号码（可不填）");
    const [limit, limitField] = field("find-limit", "通知书上的分界号码（可不填）");
    const answer = h("div", { class: "find-answer", role: "status" });
    const look = (event) => {
      event.preventDefault();
      answer.replaceChildren(...this.answer(report, who.value, own.value, limit.value));
    };
    const hint = report.mode === "public" ? h("p", { class: "sub" }, "各等级的名单不公开。企业的检查通知书上印有代码、号码和分界号码，填在这里核对。") : "";
    this.finder.lastChild.replaceChildren(h("form", { class: "find", onsubmit: look }, whoField,
      report.mode === "public" ? [ownField, limitField, hint] : "", h("button", { class: "btn btn-secondary", type: "submit" }, icon("search"), "查")), answer);
  }

  answer(report, typed, own, limit) {
    const text = typed.trim().toUpperCase();
    if (!text) return [h("p", {}, "请填写统一社会信用代码。")];
    let id = text;
    if (!/^[0-9A-Z]{1,32}$/.test(text)) {
      const found = [...this.names].filter(([, name]) => name.toUpperCase().includes(text));
      if (!found.length) return [h("p", {}, this.names.size ? "已公示的名称里没有找到。请改用统一社会信用代码查。" : "请填写 18 位统一社会信用代码。")];
      if (found.length > 1) return [h("p", {}, `找到 ${found.length} 家，请写全名称或用代码查：${found.slice(0, 6).map(([, name]) => name).join("、")}`)];
      [[id]] = found;
    }
    const hex = (value) => value.toLowerCase().replace(/[^0-9a-f]/g, "");
    const told = enterprise(report, id, this.names.get(id), { ticket: hex(own), limit: hex(limit) });
    return [
      h("h3", {}, told.title), told.text ? h("p", {}, told.text) : "", told.bar ? rankBar(told.bar) : "",
      told.facts.length ? h("dl", { class: "dl" }, told.facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "hash" }, value)))) : "",
      told.bar?.n ? h("p", { class: "sub" }, "号码不大于分界号码的抽中。") : "",
    ].filter(Boolean);
  }
}
