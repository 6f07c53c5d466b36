// The protocol of docs/sync.md: one request in, one outcome out. Nothing here remembers a change.

export const MARKER = "kuancheng-connected";
const TIMEOUT = 60000;
const KINDS = { conflict: "conflict", closed: "refused", not_yours: "refused", other_user: "stop", login: "login", csrf: "csrf", account: "stop" };

export const state = { token: "", urls: {}, user: 0, offset: 0, device: "", opening: null, outbox: null };

export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function request(url, options) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const response = await fetch(url, { credentials: "same-origin", redirect: "manual", signal: abort.signal, ...options });
    const body = await response.json();
    return { status: response.status, body, wait: Number(response.headers.get("Retry-After")) || 0 };
  } catch {
    return { status: 0, body: {}, wait: 0 };
  } finally {
    clearTimeout(timer);
  }
}

// {online, user, offline}: online only when the answer is really ours; a login page of a café network is not.
export async function hello() {
  const { body } = await request(state.urls.hello ?? document.body.dataset.sync, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (body.sync !== 1 || body.marker !== MARKER) return { online: false, user: null };
  state.token = body.csrf;
  state.offset = Date.parse(body.time) - Date.now();
  return { online: true, user: body.user, login: body.login, offline: body.offline };
}

export function serverNow() {
  return new Date(Date.now() + state.offset);
}

// kind: stored, conflict, invalid, refused, big, login, csrf, stop, later (the same again after `wait` seconds).
// A change sent while the page goes away is finished by the browser; photos are too big for that.
export async function send(url, payload) {
  const form = payload instanceof FormData;
  const keepalive = !form && document.visibilityState === "hidden";
  const headers = { Accept: "application/json", "X-CSRFToken": state.token };
  if (!form) headers["Content-Type"] = "application/json";
  const body = form ? payload : JSON.stringify(payload);
  const answer = await request(url, { method: "POST", headers, body, keepalive });
  return { kind: kindOf(answer), ...answer };
}

function kindOf({ status, body }) {
  if (body.sync !== 1) return "later";
  if (status === 200 || status === 201) return "stored";
  if (KINDS[body.code]) return KINDS[body.code];
  if (status === 413) return "big";
  if (status === 400 || status === 422) return "invalid";
  return "later";
}

export async function signIn(address, login, password) {
  await hello();
  const form = new FormData();
  form.append("login", login);
  form.append("password", password);
  const headers = { Accept: "application/json", "X-CSRFToken": state.token, "X-Requested-With": "XMLHttpRequest" };
  const { status, body } = await request(address, { method: "POST", headers, body: form });
  if (status === 200 && body.location) return { ok: !body.location.includes("/2fa/"), location: body.location };
  const fields = Object.values(body.form?.fields ?? {}).flatMap((field) => field.errors ?? []);
  const errors = [...(body.form?.errors ?? []), ...fields];
  return { ok: false, errors: errors.length ? errors : ["没有连上服务器，请稍后再试。"] };
}
