// Sends key events to a handler of keys.js, as browsers make them, and prints which of them it acts on.
const { onKey, onTyped } = await import(process.argv[2]);
const listeners = {};
const place = { addEventListener: (kind, act) => (listeners[kind] ??= []).push(act) };
const acted = [];
onKey(place, (event) => acted.push(event.name));
onTyped(place, () => acted.push("typed"));
for (const event of JSON.parse(process.argv[3])) (listeners[event.kind] ?? []).forEach((act) => act(event));
console.log(JSON.stringify(acted));
