// One thing that is saved by itself: an item, or a field of the head or of the own section. It knows what the server has (base),
// what is on the screen (local), and whether a conflict waits for a choice. Changes and their keys are the outbox's.
import { copied, last } from "../older.js";
import { newKey, state } from "./api.js";

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class Thing {
  // shared: {version} of the head or section; an item has one of its own.
  constructor({ outbox, name, target, id, field, what, value, shared, onconflict, oninvalid, onstored, onrefused }) {
    Object.assign(this, { outbox, name, target, id, field, what, shared, onconflict, oninvalid, onstored, onrefused });
    this.base = value;
    this.local = value;
    this.conflict = null;
    outbox.on(state.record, name, (op, outcome) => this.answered(op, outcome));
  }

  get changes() {
    return this.outbox.of(state.record, this.name);
  }

  // What an earlier page left unsent; true when there was something to lay over.
  recall() {
    const newest = last(this.changes);
    if (!newest) return false;
    this.local = newest.body.value ?? this.base;
    if (newest.state !== "waiting" || this.changes[0].state === "conflict") this.answered(this.changes[0], { kind: newest.state, body: newest.note ?? {} });
    return true;
  }

  // more: what else belongs to this very change (restore: it undoes the one before).
  async change(value, more = {}) {
    this.local = value;
    if (this.conflict) return;
    const waits = last(this.changes.filter((op) => op.state === "waiting"));
    if (same(value, waits ? waits.body.value : this.base)) return;
    // Back to what the server has, before anything left: there is nothing to send.
    const back = same(value, this.base) && this.changes.every((op) => !op.flown || op.state !== "waiting");
    if (!back || !(await this.outbox.drop(this.changes))) await this.queue(more);
  }

  queue(more = {}) {
    const value = copied(this.local);
    const body = { key: newKey(), user: state.user, record: state.record, target: this.target, value, base_version: this.shared.version };
    Object.assign(body, this.target === "item" ? { id: this.id } : { field: this.field, base_value: this.base });
    Object.assign(body, { client_time: new Date().toISOString(), device: state.device });
    Object.assign(body, more);
    const { record, place } = state;
    return this.outbox.put({ key: body.key, record, name: this.name, lane: "answers", url: state.urls.save, body, what: this.what, place });
  }

  answered(op, { kind, body }) {
    if (kind === "stored") {
      this.base = op.body.value;
      this.shared.version = Math.max(this.shared.version, body.version);
      this.onstored(this, body);
    } else if (kind === "conflict") {
      this.conflict = body;
      this.onconflict(this);
    } else if (kind === "refused") this.onrefused(this, body);
    else this.oninvalid(this, body);
  }

  // mine: again on the newer version; theirs: what the server has; both: mine with theirs written behind.
  async resolve(choice, join) {
    const { version, value } = this.conflict;
    this.base = value;
    this.shared.version = Math.max(this.shared.version, version);
    this.conflict = null;
    if (choice === "theirs") this.local = copied(this.base);
    if (choice === "both") this.local = join(this.local);
    const old = this.changes;
    if (!same(this.local, this.base)) await this.queue();
    await this.outbox.drop(old);
  }
}
