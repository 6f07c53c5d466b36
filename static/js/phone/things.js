// One thing that is saved by itself: an item, or a field of the head or of the own section. It knows what the server has (base),
// what is on the screen (local), and the change under way. A change keeps its key until the server has answered it.
import { newKey, state } from "./api.js";

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class Thing {
  // shared: {version} of the head or section; an item has one of its own.
  constructor({ outbox, target, id, field, value, shared, device, onconflict, oninvalid, onstored, onrefused }) {
    Object.assign(this, { outbox, target, id, field, shared, device, onconflict, oninvalid, onstored, onrefused });
    this.base = value;
    this.local = value;
    this.op = null;
    this.conflict = null;
  }

  change(value) {
    this.local = value;
    if (!this.op && !this.conflict && !same(value, this.base)) this.queue();
  }

  get unsent() {
    return Boolean(this.op) || !same(this.local, this.base);
  }

  queue() {
    const value = structuredClone(this.local);
    const body = { key: newKey(), user: state.user, record: state.record, target: this.target, value, base_version: this.shared.version };
    Object.assign(body, this.target === "item" ? { id: this.id } : { field: this.field, base_value: this.base });
    Object.assign(body, { client_time: new Date().toISOString(), device: this.device });
    this.op = { key: body.key, value };
    this.outbox.put({ key: body.key, lane: "answers", url: state.urls.save, payload: () => body, done: (outcome) => this.answered(outcome) });
  }

  answered({ kind, body }) {
    const value = this.op.value;
    this.op = null;
    if (kind === "stored") {
      this.base = value;
      this.shared.version = Math.max(this.shared.version, body.version);
      this.onstored(this, body);
      if (!same(this.local, this.base)) this.queue();
    } else if (kind === "conflict") {
      this.conflict = body;
      this.onconflict(this);
    } else if (kind === "refused") this.onrefused(this, body);
    else this.oninvalid(this, body);
  }

  // mine: again on the newer version; theirs: what the server has; both: mine with theirs written behind.
  resolve(choice, join) {
    const { version, value } = this.conflict;
    this.base = value;
    this.shared.version = Math.max(this.shared.version, version);
    this.conflict = null;
    if (choice === "theirs") this.local = structuredClone(this.base);
    if (choice === "both") this.local = join(this.local);
    if (!same(this.local, this.base)) this.queue();
    else this.outbox.tell();
  }
}
