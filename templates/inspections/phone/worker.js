// The service worker of the phone's pages (docs/offline.md). It answers GET of its own pages and files only: nothing that is sent, no
// sync address, no account page, nobody's file. The server writes the next line; it changes with any file or template of the phone.
const facts = JSON.parse("{{ facts|escapejs }}");
const cacheName = `sja1-${facts.version}`;
const PATIENCE = 3000;

const emptied = async () => {
  for (const name of await caches.keys()) if (name.startsWith("sja1-") && name !== cacheName) await caches.delete(name);
};

self.addEventListener("install", (event) => {
  if (facts.off) return void self.skipWaiting();
  const requests = [...facts.files, facts.shell].map((url) => new Request(url, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(requests)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(facts.off ? emptied().then(() => self.registration.unregister()) : emptied().then(() => self.clients.claim()));
});

// A new version waits until the page says that nothing is under way.
self.addEventListener("message", (event) => {
  if (event.data === "skip") self.skipWaiting();
  if (event.data === "version") event.ports[0].postMessage(facts.version);
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (facts.off || request.method !== "GET" || url.origin !== self.location.origin) return;
  if (facts.files.includes(url.pathname)) event.respondWith(file(request));
  else if (request.mode === "navigate" && ours(url)) event.respondWith(page(request, url));
});

const ours = ({ pathname, searchParams }) =>
  pathname.startsWith(facts.scope) && !facts.apart.some((address) => pathname.startsWith(address)) && !searchParams.has("wang");

// A file whose name holds its content never changes; another one is asked for first.
async function file(request) {
  const kept = await caches.match(request, { cacheName });
  if (facts.hashed && kept) return kept;
  try {
    const answer = await within(fetch(request));
    return answer.ok || !kept ? answer : kept;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

// The page from the server; without an answer in three seconds the shell, which opens what the phone keeps.
async function page(request) {
  try {
    const answer = await within(fetch(request));
    if (![502, 503, 504].includes(answer.status)) return answer;
  } catch {
    // no network, or too slow to wait for
  }
  return (await caches.match(facts.shell, { cacheName })) ?? Response.error();
}

const within = (answer) => Promise.race([answer, new Promise((_, no) => setTimeout(no, PATIENCE, new Error("slow")))]);
