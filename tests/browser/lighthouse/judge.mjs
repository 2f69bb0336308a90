// Lighthouse looks at pages as a slow phone shows them, in a browser that is already open.
//     node judge.mjs PORT ADDRESS …      one line of JSON for each page
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import lighthouse from "lighthouse";

const [port, ...addresses] = process.argv.slice(2);
const KINDS = { document: "page", script: "script", stylesheet: "style", image: "pictures", font: "fonts" };

function bytes(requests) {
  const sum = { page: 0, script: 0, style: 0, pictures: 0, fonts: 0, other: 0 };
  for (const one of requests) sum[KINDS[one.resourceType?.toLowerCase()] ?? "other"] += one.transferSize ?? 0;
  return sum;
}

// A task lasts as long as it had the processor: what other programs took of it meanwhile is not the page's.
function own(events) {
  const threads = Map.groupBy(events, ({ pid, tid }) => `${pid} ${tid}`);
  for (const thread of threads.values()) {
    const tasks = thread.filter(({ name, tdur }) => name.endsWith("RunTask") && tdur !== undefined).sort((a, b) => a.ts - b.ts);
    let at = 0;
    for (const one of thread.sort((a, b) => a.ts - b.ts)) {
      while (at < tasks.length - 1 && tasks[at + 1].ts <= one.ts) at += 1;
      const task = tasks[at];
      if (!task || one === task || one.ts < task.ts || one.ts >= task.ts + task.dur) continue;
      const since = one.tts === undefined ? one.ts - task.ts : Math.max(0, one.tts - task.tts);
      one.ts = task.ts + Math.min(since, task.tdur);
      if (one.tdur !== undefined) one.dur = Math.min(one.dur, one.tdur, task.ts + task.tdur - one.ts);
    }
    for (const task of tasks) task.dur = Math.min(task.dur, task.tdur);
  }
  return events;
}

async function looked(address) {
  const options = {
    port: Number(port),
    logLevel: "error",
    formFactor: "mobile",
    onlyCategories: ["performance", "accessibility", "best-practices", "seo"],
  };
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-"));
  try {
    await lighthouse(address, { ...options, gatherMode: folder });
    const trace = join(folder, "trace.json");
    const gathered = JSON.parse(readFileSync(trace));
    writeFileSync(trace, JSON.stringify({ ...gathered, traceEvents: own(gathered.traceEvents) }));
    return (await lighthouse(address, { ...options, auditMode: folder })).lhr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// What keeps a page from the full score, with the first places where it is so.
function wanting({ categories, audits }) {
  return Object.values(categories).flatMap((category) =>
    category.auditRefs
      .filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 0.9)
      .map(({ id }) => {
        const places = JSON.stringify((audits[id].details?.items ?? []).slice(0, 2)).slice(0, 700);
        return `${category.id}: ${audits[id].title} ${audits[id].displayValue ?? ""} ${places}`;
      }),
  );
}

for (const address of addresses) {
  const lhr = await looked(address);
  const score = (name) => Math.round(lhr.categories[name].score * 100);
  const figure = (name) => lhr.audits[name].numericValue;
  console.log(
    JSON.stringify({
      address: lhr.finalDisplayedUrl,
      problem: lhr.runtimeError?.message ?? "",
      machine: lhr.environment.benchmarkIndex,
      performance: score("performance"),
      accessibility: score("accessibility"),
      best_practices: score("best-practices"),
      seo: score("seo"),
      first_paint_ms: figure("first-contentful-paint"),
      largest_paint_ms: figure("largest-contentful-paint"),
      blocking_ms: figure("total-blocking-time"),
      shift: figure("cumulative-layout-shift"),
      bytes: bytes(lhr.audits["network-requests"].details.items),
      wanting: wanting(lhr),
    }),
  );
}
