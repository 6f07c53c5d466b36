// What is still to be sent. In memory here; an offline store offers the same five calls (docs/sync.md) and keeps it longer.
// op: {key, lane: "answers" | "files" | "last", url, payload(): object | FormData, done(outcome)}

const LANES = ["answers", "files", "last"];
const FIRST_WAIT = 1000;
const MOST_WAIT = 300000;

export class Outbox {
  constructor(send) {
    this.send = send;
    this.ops = [];
    this.busy = new Set();
    this.listeners = new Set();
    this.stopped = false;
    this.failing = false;
  }

  get size() {
    return this.ops.length;
  }

  listen(listener) {
    this.listeners.add(listener);
  }

  tell() {
    for (const listener of this.listeners) listener(this);
  }

  put(op) {
    this.ops.push({ tries: 0, ...op });
    this.tell();
    this.run();
  }

  drop(key) {
    this.ops = this.ops.filter((op) => op.key !== key || op.flying);
    this.tell();
  }

  // Answers and photos run side by side, each lane one by one; "last" waits for both.
  run() {
    if (this.stopped) return;
    for (const lane of LANES) {
      const op = this.ops.find((one) => one.lane === lane);
      if (!op || this.busy.has(lane) || op.sleeping) continue;
      if (lane === "last" && this.ops.some((one) => one.lane !== "last")) continue;
      this.fly(lane, op);
    }
  }

  async fly(lane, op) {
    this.busy.add(lane);
    op.flying = true;
    this.tell();
    const outcome = await this.send(op.url, op.payload());
    op.flying = false;
    this.busy.delete(lane);
    if (outcome.kind === "later") this.sleep(op, outcome.wait);
    else if (outcome.kind === "login" || outcome.kind === "csrf" || outcome.kind === "stop") this.stop(outcome);
    else {
      this.failing = false;
      this.ops = this.ops.filter((one) => one !== op);
      op.done(outcome);
    }
    this.tell();
    this.run();
  }

  sleep(op, seconds) {
    this.failing = true;
    op.tries += 1;
    const wait = Math.max(seconds * 1000, Math.min(FIRST_WAIT * 2 ** (op.tries - 1), MOST_WAIT));
    const jitter = crypto.getRandomValues(new Uint8Array(1))[0] / 512;
    op.sleeping = setTimeout(() => this.wake(op), wait * (1 + jitter));
  }

  wake(op) {
    clearTimeout(op.sleeping);
    op.sleeping = 0;
    this.run();
  }

  wakeAll() {
    for (const op of this.ops) this.wake(op);
  }

  stop(outcome) {
    this.stopped = true;
    this.onstop?.(outcome);
  }

  go() {
    this.stopped = false;
    this.wakeAll();
    this.tell();
  }

  // Resolves when nothing is waiting any more.
  idle() {
    if (!this.size) return Promise.resolve();
    return new Promise((resolve) => {
      const listener = () => {
        if (this.size) return;
        this.listeners.delete(listener);
        resolve();
      };
      this.listeners.add(listener);
    });
  }
}
