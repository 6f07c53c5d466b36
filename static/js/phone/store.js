// What is kept on this phone (docs/offline.md): one IndexedDB. Every value is encrypted with a key of the login that cannot leave
// the browser; only what is needed to find a row stands in the clear: whose, which record, how often tried.
import "../../vendor/idb-8.0.4/idb.min.js";

const NAME = "sja1";
const STORES = ["keys", "ops", "blobs", "records", "pages", "meta"];
const SECRET = ["url", "body", "what", "place", "note"];
let connection = null;

export const supported = () => Boolean(window.isSecureContext && globalThis.crypto?.subtle && globalThis.indexedDB);

function connect() {
  connection = connection ?? globalThis.idb.openDB(NAME, 1, {
    upgrade(db) {
      for (const name of STORES) db.createObjectStore(name, { keyPath: { keys: "user", ops: "key", blobs: "key" }[name] ?? "id" });
    },
    blocking: (_, __, event) => event.target.close(),
    terminated: () => (connection = null),
  });
  connection.catch(() => (connection = null));
  return connection;
}

// One transaction. A connection that the browser closed in the background (iOS does) is opened again, once.
async function work(mode, job) {
  for (let last = false; ; last = true) {
    try {
      const tx = (await connect()).transaction(STORES, mode);
      const result = await job(tx).catch((error) => {
        tx.done.catch(() => {});
        throw error;
      });
      await tx.done;
      return result;
    } catch (error) {
      if (last || error.name !== "InvalidStateError") throw error;
      connection = null;
    }
  }
}

const all = (name) => work("readonly", (tx) => tx.objectStore(name).getAll());
const get = (name, key) => work("readonly", (tx) => tx.objectStore(name).get(key));

// ---------------------------------------------------------------------------------------------------------- encryption

async function keyOf(user) {
  const kept = await get("keys", user);
  if (kept) return kept.key;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  return work("readwrite", async (tx) => {
    const keys = tx.objectStore("keys");
    const first = await keys.get(user); // another tab may have been quicker
    if (!first) await keys.put({ user, key: made });
    return first?.key ?? made;
  });
}

async function seal(user, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(user), bytes) };
}

const unseal = async (user, { iv, data }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, await keyOf(user), data);
const sealJson = (user, value) => seal(user, new TextEncoder().encode(JSON.stringify(value)));
const unsealJson = async (user, sealed) => JSON.parse(new TextDecoder().decode(await unseal(user, sealed)));

// ------------------------------------------------------------------------------------------------- changes to be sent

async function rowOf(op) {
  const open = Object.fromEntries(["key", "user", "record", "name", "lane", "seq", "at", "state", "flown", "tries"].map((name) => [name, op[name]]));
  return { ...open, sealed: await sealJson(op.user, Object.fromEntries(SECRET.map((name) => [name, op[name]]))) };
}

// Whether `row` is overtaken by a newer change `op` of the same thing; what may be under way already is not.
export const overtaken = (row, op) =>
  row.user === op.user && row.record === op.record && row.name === op.name && row.key !== op.key && (!row.flown || row.state !== "waiting");

export const device = {
  // The changes of a person, oldest first. One that cannot be read any more stands there as such and stops nobody.
  async ops(user) {
    const rows = (await all("ops")).filter((row) => row.user === user).sort((a, b) => a.seq - b.seq);
    return Promise.all(
      rows.map(async ({ sealed, ...row }) => {
        try {
          return { ...row, kept: true, ...(await unsealJson(user, sealed)) };
        } catch {
          const note = { error: "这一项在本机读不出来了，请重新填。" };
          return { ...row, kept: true, state: "invalid", url: "", body: {}, what: row.name, place: "", note };
        }
      }),
    );
  },

  async add(op, blob) {
    const row = await rowOf(op);
    const file = blob && { key: op.key, user: op.user, type: blob.type, ...(await seal(op.user, await blob.arrayBuffer())) };
    op.seq = await work("readwrite", async (tx) => {
      const ops = tx.objectStore("ops");
      const rows = await ops.getAll();
      for (const old of rows) if (overtaken(old, op)) await Promise.all([ops.delete(old.key), tx.objectStore("blobs").delete(old.key)]);
      row.seq = rows.reduce((most, one) => Math.max(most, one.seq), 0) + 1;
      await ops.put(row);
      if (file) await tx.objectStore("blobs").put(file);
      return row.seq;
    });
  },

  // Marks a change as under way; false when it is gone or waits for a decision.
  take: (key) =>
    work("readwrite", async (tx) => {
      const ops = tx.objectStore("ops");
      const row = await ops.get(key);
      if (row?.state !== "waiting") return false;
      await ops.put({ ...row, flown: true, tries: row.tries + 1 });
      return true;
    }),

  // Writes a change anew, unless it is gone.
  async rewrite(op) {
    const row = await rowOf(op);
    await work("readwrite", async (tx) => (await tx.objectStore("ops").get(op.key)) && tx.objectStore("ops").put(row));
  },

  remove: (keys) =>
    work("readwrite", (tx) => Promise.all(keys.flatMap((key) => [tx.objectStore("ops").delete(key), tx.objectStore("blobs").delete(key)]))),

  // Takes changes back; those that may be under way stay. The keys that went.
  withdraw: (keys) =>
    work("readwrite", async (tx) => {
      const gone = [];
      for (const key of keys) {
        const row = await tx.objectStore("ops").get(key);
        if (row?.flown && row.state === "waiting") continue;
        await Promise.all([tx.objectStore("ops").delete(key), tx.objectStore("blobs").delete(key)]);
        gone.push(key);
      }
      return gone;
    }),

  async blob(op) {
    const file = await get("blobs", op.key);
    return file ? new Blob([await unseal(op.user, file)], { type: file.type }) : null;
  },

  async reblob(op, blob) {
    const file = { key: op.key, user: op.user, type: blob.type, ...(await seal(op.user, await blob.arrayBuffer())) };
    await work("readwrite", (tx) => tx.objectStore("blobs").put(file));
  },

  // How many changes of others wait here: {user: number}.
  async others(user) {
    const counts = {};
    for (const row of await all("ops")) if (row.user !== user) counts[row.user] = (counts[row.user] ?? 0) + 1;
    return counts;
  },

  // One page at a time sends for the whole browser; nothing when another one is at it.
  exclusive: async (job) =>
    navigator.locks
      ? navigator.locks.request("sja1-send", { ifAvailable: true }, (lock) => lock && job())
      : (await import("./lease.js")).leased(work, job),
};

// ------------------------------------------------------------------------------------------------- what was downloaded

const place = (user, id) => `${user} ${id}`;

export async function keep(name, user, id, value) {
  const row = { id: place(user, id), user, at: Date.now(), ...(await sealJson(user, value)) };
  await work("readwrite", (tx) => tx.objectStore(name).put(row));
}

export async function read(name, user, id) {
  const row = await get(name, place(user, id));
  return row ? unsealJson(user, row).catch(() => null) : null;
}

export async function list(name, user) {
  const rows = (await all(name)).filter((row) => row.user === user);
  return (await Promise.all(rows.map((row) => unsealJson(user, row).catch(() => null)))).filter(Boolean);
}

// Removes what `doomed` says, given {user, id (without the user), at}.
export const prune = (name, doomed) =>
  work("readwrite", async (tx) => {
    const store = tx.objectStore(name);
    for (const { user, id, at } of await store.getAll()) if (doomed({ user, id: id.slice(`${user} `.length), at })) await store.delete(id);
  });

export const note = async (id) => (await get("meta", id))?.value;
export const setNote = (id, value) => work("readwrite", (tx) => tx.objectStore("meta").put({ id, value }));

// Everything of a person, the key last but in the same stroke: afterwards nothing of it can be read again.
export const wipe = (user) =>
  work("readwrite", async (tx) => {
    for (const name of ["ops", "blobs", "records", "pages"]) {
      const store = tx.objectStore(name);
      for (const row of await store.getAll()) if (row.user === user) await store.delete(row.key ?? row.id);
    }
    await tx.objectStore("keys").delete(user);
    if ((await tx.objectStore("meta").get("user"))?.value.id === user) await tx.objectStore("meta").clear();
  });
