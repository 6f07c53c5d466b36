// What is still to be sent. Kept on the phone first (store.js), sent afterwards, removed when the server's answer has been read.
// op: {key, user, record, name, lane: "answers" | "files" | "last", url, body, what, place}; state: waiting, conflict, invalid, refused.
// Of one thing (record, name) only the newest change waits; the one before it may already be under way.
import { hello, send, state } from "./api.js";
import { device, overtaken } from "./store.js";

const LANES = ["answers", "files", "last"];
const FIRST_WAIT = 1000;
const MOST_WAIT = 300000;
const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel("sja1") : { postMessage() {} };

// Where nothing can be kept: changes live as long as the page.
export class Memory {
  ops = async () => [];
  others = async () => ({});
  add = async (op) => {
    op.seq = performance.now();
  };
  take = async () => true;
  rewrite = async () => {};
  remove = async () => {};
  withdraw = async (keys) => keys;
  blob = async () => null;
  reblob = async () => {};
  exclusive = (job) => job();
}

export class Outbox {
  // store: `device` or a Memory.
  constructor(store) {
    this.store = store;
    this.ops = [];
    this.blobs = new Map();
    this.sleeping = new Map();
    this.flying = new Map();
    this.handlers = new Map();
    this.bases = new Map();
    this.listeners = new Set();
    this.stopped = null;
    this.failing = false;
    this.offline = !navigator.onLine;
    this.writing = 0;
    this.writes = 0;
    this.pause = FIRST_WAIT;
    channel.onmessage = ({ data }) => this.heard(data);
  }

  static async open(store, user) {
    const outbox = new Outbox(store);
    outbox.user = user;
    await outbox.refresh();
    return outbox;
  }

  get lasting() {
    return this.store === device;
  }

  get waiting() {
    return this.ops.filter((op) => op.state === "waiting");
  }

  get size() {
    return this.waiting.length;
  }

  // Changes that only this page remembers: leaving would lose them.
  get unkept() {
    return this.ops.filter((op) => !op.kept).length + this.writing;
  }

  listen(listener) {
    this.listeners.add(listener);
  }

  tell() {
    for (const listener of this.listeners) listener(this);
  }

  // handler(op, outcome) for the changes of one thing of the page.
  on(record, name, handler) {
    this.handlers.set(`${record} ${name}`, handler);
  }

  of(record, name) {
    return this.ops.filter((op) => op.record === record && (name === undefined || op.name === name));
  }

  // Reads the rows anew (again, when this page wrote one meanwhile); what the page holds stays the same object.
  async refresh() {
    let rows;
    for (let writes = -1; writes !== this.writes; ) {
      writes = this.writes;
      rows = await this.store.ops(this.user);
    }
    const held = new Map(this.ops.map((op) => [op.key, op]));
    const fresh = rows.map((row) => (held.has(row.key) ? Object.assign(held.get(row.key), row) : row));
    const seen = new Set(rows.map((row) => row.key));
    this.ops = [...fresh, ...this.ops.filter((op) => !op.kept && !seen.has(op.key))];
  }

  // Resolves when the change is on the phone (op.kept), or could only be remembered here.
  async put(change, blob = null) {
    const op = { user: this.user, at: new Date().toISOString(), state: "waiting", flown: false, tries: 0, kept: false, ...change };
    this.ops = this.ops.filter((row) => !overtaken(row, op)).concat(op);
    if (blob) this.blobs.set(op.key, blob);
    this.writing += 1;
    this.tell();
    try {
      await this.store.add(op, blob);
      op.kept = this.lasting;
      if (op.kept) this.blobs.delete(op.key);
    } catch (error) {
      op.seq = Infinity;
      this.trouble = error;
    }
    this.writing -= 1;
    this.writes += 1;
    channel.postMessage({ kind: "changed" });
    this.tell();
    this.run();
    return op;
  }

  // Takes changes back, unless they may be under way; true when all went.
  async drop(ops) {
    const gone = await this.store.withdraw(ops.filter((op) => !this.flying.has(op.key)).map((op) => op.key));
    this.writes += 1;
    this.ops = this.ops.filter((op) => !gone.includes(op.key));
    for (const key of gone) this.blobs.delete(key);
    channel.postMessage({ kind: "changed" });
    this.tell();
    this.run();
    return gone.length === ops.length;
  }

  blob = async (op) => this.blobs.get(op.key) ?? (await this.store.blob(op));

  // ------------------------------------------------------------------------------------------------------------ sending

  async run() {
    this.again = true;
    this.ring?.();
    if (this.running) return;
    this.running = true;
    while (this.again && !this.stopped && this.size) {
      this.again = false;
      const mine = await this.store.exclusive(async () => {
        if (this.lasting) await this.refresh();
        await this.flights();
        return true;
      });
      if (!mine && this.size) this.wakeIn(2000); // another page is sending
    }
    this.running = false;
    this.tell();
  }

  // Each lane one by one; "last" waits for the other two. Ends when nothing can be sent now.
  async flights() {
    for (;;) {
      const bell = new Promise((resolve) => (this.ring = resolve));
      for (const lane of LANES) {
        const op = [...this.flying.values()].some((one) => one.lane === lane) ? null : this.pick(lane);
        if (op) this.flying.set(op.key, { lane, done: this.fly(op).finally(() => this.flying.delete(op.key)) });
      }
      if (!this.flying.size) return;
      await Promise.race([bell, ...[...this.flying.values()].map((one) => one.done)]);
    }
  }

  pick(lane) {
    if (this.stopped || this.paused) return null;
    const behind = (op, one) => one !== op && one.seq < op.seq && one.record === op.record && (one.name === op.name || lane === "last");
    const before = (op, one) => one.record === op.record && LANES.indexOf(one.lane) < LANES.indexOf(lane);
    const blocked = (op) => this.ops.some((one) => behind(op, one) || (before(op, one) && (lane === "last" || one.state === "waiting")));
    return this.waiting.find((op) => op.lane === lane && op.seq !== undefined && !this.sleeping.has(op.key) && !this.flying.has(op.key) && op.url && !blocked(op));
  }

  async fly(op) {
    if (!(await this.store.take(op.key)) && op.kept) return this.refresh();
    Object.assign(op, { flown: true, tries: op.tries + 1 });
    this.rebase(op);
    this.tell();
    let outcome;
    try {
      outcome = await send(op.url, op.lane === "files" && op.name.startsWith("photo") ? await this.photo(op) : op.body);
    } catch {
      outcome = { kind: "invalid", body: { error: "这张照片在本机读不出来，请重拍。" } };
    }
    await this.landed(op, outcome);
    this.tell();
  }

  // A change made before the one ahead of it was stored now rests on what the server has of that.
  rebase(op) {
    const base = this.bases.get(`${op.record} ${op.name}`);
    if (!base || !(op.body.base_version < base.version)) return false;
    op.body.base_version = base.version;
    if ("base_value" in op.body) op.body.base_value = base.value;
    return true;
  }

  // The picture out of the phone; one that cannot be read stops only itself.
  async photo(op) {
    const data = new FormData();
    const blob = await this.blob(op);
    if (!blob?.size) throw new Error("unreadable");
    for (const [name, value] of Object.entries(op.body)) if (name !== "file_name") data.append(name, value);
    data.append("file", blob, op.body.file_name || "照片.jpg");
    return data;
  }

  async landed(op, outcome) {
    const { kind, body, wait } = outcome;
    if (kind === "later") return this.later(op, wait, outcome.status);
    if (kind === "csrf") {
      const seen = await hello();
      if (seen.online && seen.user?.id !== this.user) return this.stop(seen.user ? { kind: "stop", body } : { kind: "login", body });
      return op.tries % 3 ? undefined : this.later(op, 5, 403);
    }
    if (kind === "login" || kind === "stop") return this.stop(outcome);
    Object.assign(this, { failing: false, offline: false, pause: FIRST_WAIT });
    if (kind === "big" && op.name.startsWith("photo") && (await this.shrink(op))) return undefined;
    if (kind === "stored") await this.stored(op, body);
    else await this.undecided(op, kind === "conflict" || kind === "refused" ? kind : "invalid", body);
    this.deliver(op, outcome);
    channel.postMessage({ kind: "landed", op, outcome: { kind, body } });
    return undefined;
  }

  async stored(op, body) {
    const items = Object.entries(body.versions ?? {}).map(([id, version]) => [`item-${id}`, version]);
    const names = [...items, [op.name, body.version]].filter(([, version]) => version !== undefined);
    for (const [name, version] of names) this.bases.set(`${op.record} ${name}`, { version, value: op.body.value });
    await this.store.remove([op.key]);
    this.writes += 1;
    this.ops = this.ops.filter((one) => one.key !== op.key);
    this.blobs.delete(op.key);
    if (this.lasting) await this.refresh();
    for (const [name] of names) for (const next of this.of(op.record, name)) if (this.rebase(next) && next.kept) await this.store.rewrite(next);
    await this.onstored?.(op, body);
  }

  async undecided(op, to, body) {
    const next = this.of(op.record, op.name).some((one) => one.seq > op.seq);
    if (to === "invalid" && next) {
      this.ops = this.ops.filter((one) => one.key !== op.key); // said anew already
      return this.store.remove([op.key]);
    }
    // A record that is closed, or not one's own any more, refuses all of it.
    const rest = to === "refused" ? this.of(op.record).filter((one) => one.state === "waiting") : [op];
    for (const one of new Set([op, ...rest])) {
      Object.assign(one, { state: to, note: body });
      if (one.kept) await this.store.rewrite(one);
    }
    return undefined;
  }

  async shrink(op) {
    if (op.body.scaled) return false;
    const { scale } = await import("./pictures.js");
    const blob = await scale(await this.blob(op), 1200, 0.6);
    op.body.scaled = 1;
    if (op.kept) await Promise.all([this.store.reblob(op, blob), this.store.rewrite(op)]);
    else this.blobs.set(op.key, blob);
    return true;
  }

  // Our server asked for time: this change waits. No answer at all: everything waits, until sync_hello answers.
  later(op, seconds, status) {
    this.failing = true;
    const wait = Math.max(seconds * 1000, Math.min(FIRST_WAIT * 2 ** Math.min(op.tries - 1, 9), MOST_WAIT));
    const jitter = 1 + crypto.getRandomValues(new Uint8Array(1))[0] / 512;
    this.sleeping.set(op.key, setTimeout(() => this.wake(op.key), wait * jitter));
    if (status >= 400) return;
    this.paused = true;
    this.probe();
  }

  async probe() {
    clearTimeout(this.next);
    const seen = await hello();
    this.offline = !seen.online;
    if (seen.online) {
      Object.assign(this, { paused: false, pause: FIRST_WAIT });
      this.onhello?.(seen);
      if (!seen.user) this.stop({ kind: "login", body: { error: "登录已失效，请重新登录。" } });
      else if (seen.user.id !== this.user) this.stop({ kind: "stop", body: { error: "现在登录的是另一个账号。" } });
    } else {
      this.next = setTimeout(() => this.probe(), this.pause);
      this.pause = Math.min(this.pause * 2, MOST_WAIT);
    }
    this.tell();
    this.run();
    return seen;
  }

  wake(key) {
    clearTimeout(this.sleeping.get(key));
    this.sleeping.delete(key);
    this.run();
  }

  wakeIn(wait) {
    clearTimeout(this.next);
    this.next = setTimeout(() => this.refresh().then(() => this.run()), wait);
  }

  // The network may be back, somebody pressed a button, the page came to the front.
  async wakeAll() {
    for (const key of [...this.sleeping.keys()]) clearTimeout(this.sleeping.get(key));
    this.sleeping.clear();
    this.pause = FIRST_WAIT;
    if (this.lasting) await this.refresh();
    if (this.paused || (this.size && this.offline)) await this.probe();
    else await this.run();
  }

  // Tries once more what was refused.
  async retry(op) {
    Object.assign(op, { state: "waiting", note: null });
    if (op.kept) await this.store.rewrite(op);
    this.wake(op.key);
    await this.wakeAll();
  }

  stop(outcome) {
    if (this.stopped) return;
    this.stopped = outcome;
    this.tell();
    this.onstop?.(outcome);
  }

  go() {
    this.stopped = null;
    this.tell();
    this.wakeAll();
  }

  deliver(op, outcome) {
    (this.handlers.get(`${op.record} ${op.name}`) ?? this.onother)?.(op, outcome);
  }

  // What another page of this browser did.
  async heard({ kind, op, outcome }) {
    if (!this.lasting) return;
    await this.refresh();
    if (kind === "landed" && op.user === this.user) this.deliver(op, outcome);
    this.tell();
    if (kind === "changed") this.run();
  }

  // Resolves true when nothing waits any more, false when it is plain that this will take long.
  idle() {
    const end = () => (!this.size ? true : this.lasting && !this.writing && (this.offline || this.stopped) ? false : null);
    if (end() !== null) return Promise.resolve(end());
    return new Promise((resolve) => {
      const listener = () => {
        if (end() === null) return;
        this.listeners.delete(listener);
        resolve(end());
      };
      this.listeners.add(listener);
    });
  }
}

state.device = (() => {
  try {
    const kept = localStorage.getItem("device");
    if (kept) return kept;
    const made = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
    localStorage.setItem("device", made);
    return made;
  } catch {
    return "";
  }
})();
