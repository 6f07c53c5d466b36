// Who sends, where the browser has no locks: a row that is renewed while it lasts, and void when it is not.

const RENEWAL = 5000;

// Runs the job when no other page is sending. work: a transaction of the store.
export async function leased(work, job) {
  const mine = crypto.getRandomValues(new Uint32Array(1))[0];
  const claim = () =>
    work("readwrite", async (tx) => {
      const meta = tx.objectStore("meta");
      const held = await meta.get("lease");
      if (held && held.by !== mine && Math.abs(Date.now() - held.at) < 3 * RENEWAL) return false;
      await meta.put({ id: "lease", by: mine, at: Date.now() });
      return true;
    });
  if (!(await claim())) return null;
  const renewal = setInterval(claim, RENEWAL);
  try {
    return await job();
  } finally {
    clearInterval(renewal);
    await work("readwrite", (tx) => tx.objectStore("meta").delete("lease"));
  }
}
