// Runs the page's own modules over many cases at once. stdin: JSON; stdout: JSON, one answer per case.
//   {"do": "verify", "files": {name: base64}, "head": "…", "shown": seed} -> {verdict, seed, branch, lights}
//   {"do": "draw", "files": {…}, "seed": "…"}                        -> {result, branch, stopped, error}
//   {"do": "zip", "files": {"zip": base64}}                          -> {files: {name: base64}} or {error}
//   {"do": "cancel", "files": {…}}                                   -> {cancelled, told}: stopped at the second report
import { compute, replay } from "../../static/js/verify/outcome.js";
import { readRoster } from "../../static/js/verify/roster.js";
import { ZipError, readZip } from "../../static/js/verify/zip.js";
import { Cancelled, verify } from "../../static/js/verify/verify.js";

const filesOf = (given) =>
  new Map(Object.entries(given).map(([name, text]) => [name, Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]));

export async function answer(given) {
  const files = filesOf(given.files);
  if (given.do === "verify") {
    const report = await verify(files, { head: given.head, shownSeed: given.shown });
    const bad = [...new Set(report.problems.map((problem) => problem.light))].sort();
    return { verdict: report.verdict, seed: report.seed, branch: report.outcome?.branch ?? "", bad };
  }
  if (given.do === "zip") {
    if (given.plain) delete globalThis.DecompressionStream;
    try {
      const inside = await readZip(files.get("zip"));
      return { files: Object.fromEntries([...inside].map(([name, data]) => [name, Buffer.from(data).toString("base64")])) };
    } catch (error) {
      if (error instanceof ZipError) return { error: error.message };
      throw error;
    }
  }
  if (given.do === "cancel") {
    const told = [];
    try {
      await verify(files, { progress: (share) => told.push(share), cancelled: () => told.length > 1 });
    } catch (error) {
      return { cancelled: error instanceof Cancelled, told };
    }
    return { cancelled: false, told };
  }
  try {
    const outcome = await compute(files, await readRoster(files.get("roster")), given.seed);
    if (!outcome.stopped) replay(files, outcome);
    return { result: outcome.result, branch: outcome.branch, stopped: outcome.stopped?.message ?? "" };
  } catch (error) {
    return { error: error.message };
  }
}

if (typeof process !== "undefined" && process.argv[1]?.endsWith("run_verify.mjs")) {
  let input = "";
  for await (const piece of process.stdin) input += piece;
  const answers = [];
  for (const given of JSON.parse(input)) answers.push(await answer(given));
  process.stdout.write(JSON.stringify(answers), () => process.exit(0));
}
