// The ticket's page keeps itself true: it reads the one small document that is the same for everybody who waits, seldom by
// those whose turn is far away, and loads itself anew when there is more to say.

const box = document.querySelector("[data-ticket]");
const lang = `${document.documentElement.lang}-u-nu-latn`; // the figures that the server writes
const count = box?.querySelector("[data-count]");
const span = box?.querySelector("[data-span]");
const number = Number(box?.dataset.number);
let ahead = Number(box?.dataset.ahead);
let pollS = Number(box?.dataset.poll) || 30;

// In how long somebody with so many people ahead is called: between the two places for which that is told.
function expected(ranges, ahead) {
  let below = null;
  for (const [at, low, high] of ranges) {
    if (at >= ahead) {
      if (!below || at === ahead) return [low, high];
      const part = (ahead - below[0]) / (at - below[0]);
      return [below[1] + part * (low - below[1]), below[2] + part * (high - below[2])];
    }
    below = [at, low, high];
  }
  return below && [(below[1] * ahead) / below[0], (below[2] * ahead) / below[0]];
}

const units = [[60, 90 * 60, "minute"], [3600, 48 * 3600, "hour"], [86400, Infinity, "day"]];

// `2–3 hours`, as web/queue.py says it.
function said([lowS, highS]) {
  const [size, , unit] = units.find((one) => highS < one[1]);
  const low = Math.floor(lowS / size);
  const high = Math.max(1, Math.ceil(highS / size));
  const { format } = new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" });
  const lasting = (count) => format(count).replaceAll(" ", "\u00a0");
  let words = lasting(high);
  if (low > 0 && low !== high && !words.includes(high)) words = lasting(11).replace("11", high);
  return low === 0 ? `< ${words}` : low === high ? words : `${low}\u2060–\u2060${words}`;
}

async function look() {
  const response = await fetch(box.dataset.now);
  if (!response.ok) return;
  const now = await response.json();
  const left = Math.max(0, number - now.serving - 1);
  if (number <= now.serving || (left < 2 && left < ahead)) return location.reload();
  ahead = Math.min(ahead, left); // a place only falls
  if (count) count.textContent = new Intl.NumberFormat(lang).format(ahead);
  const numbers = now.last_number - now.serving; // some of them gave up, or were invited in
  const waiting = numbers > 0 ? Math.round(ahead * Math.min(1, now.waiting / numbers)) : ahead;
  const found = now.reason === "pause" ? null : expected(now.ranges, waiting);
  if (!found) return;
  if (span) span.textContent = said(found);
  pollS = Math.min(Math.max(30, found[0] / 100), 3600);
}

function again() {
  // Not all at the same moment, however many pages were opened together.
  setTimeout(async () => {
    if (!Number.isNaN(number) && !Number.isNaN(ahead)) await look().catch(() => {});
    else location.reload();
    again();
  }, pollS * 1000 * (0.9 + 0.2 * Math.random()));
}
if (box) again();

// ── a message on this device ──

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

async function offer(row) {
  const { pushManager } = await navigator.serviceWorker.ready;
  if (!pushManager || !window.Notification) return;
  const form = row.querySelector("form");
  const said = row.querySelector("[data-refused]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      if ((await Notification.requestPermission()) !== "granted") throw new Error("refused");
      const before = await pushManager.getSubscription();
      const made = before || (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(row.dataset.call) }));
      if (!before) localStorage.setItem("called", "1"); // nobody's who is signed in: the settings begin anew
      const { endpoint, keys } = made.toJSON();
      form.elements.endpoint.value = endpoint;
      form.elements.p256dh.value = keys.p256dh;
      form.elements.auth.value = keys.auth;
      form.submit();
    } catch {
      said.textContent = said.dataset.refused;
    }
  });
  row.hidden = false;
}

const row = document.querySelector("[data-call]");
if (row && navigator.serviceWorker) offer(row);
