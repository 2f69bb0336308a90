// Going back leads to the same place: a list that scrolling has made longer is as long as it was, and as far down.
// What the server has just said of the first posts stays; the older ones are as they were left.

const SOON_MS = 30 * 60000;
const MOST_CHARACTERS = 1500000;
const place = () => `list ${location.pathname}${location.search}`;
// What stands in a list, each by its number: a post, a row (of a person), or something around a post.
const number = (one) => one.dataset.row || one.dataset.post || one.querySelector("[data-post]")?.dataset.post;
const rows = (root) => [...root.children].filter(number);

export function watch(list, pristine) {
  history.scrollRestoration = "manual";
  addEventListener("pagehide", () => {
    const copy = list.cloneNode(true);
    // A player that has begun is made anew.
    const begun = [...list.querySelectorAll("[data-player]")];
    copy.querySelectorAll("[data-player]").forEach((box, n) => pristine.has(begun[n]) && (box.outerHTML = pristine.get(begun[n])));
    for (const one of copy.querySelectorAll("[data-seen]")) delete one.dataset.seen;
    for (const one of copy.querySelectorAll("details[open]")) one.open = false;
    const kept = JSON.stringify({ at: Date.now(), y: scrollY, me: document.body.dataset.me || "", list: copy.innerHTML });
    try {
      if (kept.length < MOST_CHARACTERS) sessionStorage.setItem(place(), kept);
    } catch {
      // there is no room; one begins at the top
    }
  });
}

export function restore(list) {
  const kept = JSON.parse(sessionStorage.getItem(place()) || "null");
  sessionStorage.removeItem(place());
  if (!kept || Date.now() - kept.at > SOON_MS || kept.me !== (document.body.dataset.me || "")) return false;
  const made = document.createElement("template");
  made.innerHTML = kept.list;
  const before = new Map(rows(made.content).map((one) => [number(one), one]));
  const now = rows(list);
  const last = now.length && number(now.at(-1));
  if (!before.has(last)) return false; // so much has come meanwhile that they do not meet
  // All of the old list up to the last post that the server has just shown is what the server has just shown.
  const older = document.createRange();
  older.selectNodeContents(made.content);
  older.setStartAfter(before.get(last));
  const rest = older.extractContents();
  [...list.children].find((one) => one.matches(".more") || one.querySelector(":scope > .more"))?.remove();
  now.at(-1).after(rest);
  window.htmx?.process(list);
  scrollTo({ top: kept.y, behavior: "instant" });
  return true;
}
