// A page that shows how things stand renews itself while somebody sees it. Its parts become what the server says now, in
// place: what is open stays open, who stands somewhere stays there, and what has not changed is not touched, so that a
// reader aloud says only what is new where the page wants it said.

const PATIENCE_MS = 30000;

const isBlank = (node) => node.nodeType === Node.TEXT_NODE && !node.data.trim();
const solid = (parent) => [...parent.childNodes].filter((node) => !isBlank(node));
const keyOf = (node) => node.dataset?.key;

function become(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  becomeAttributes(old, fresh);
  becomeChildren(old, fresh);
}

// Whether something is open is the reader's affair.
function becomeAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

// What has a key is found again by it, whatever came before it; the others by their order.
function becomeChildren(old, fresh) {
  const wanted = new Set(solid(fresh).map(keyOf));
  const keyed = new Map();
  const others = [];
  for (const one of solid(old)) {
    const key = keyOf(one);
    if (!key) others.push(one);
    else if (wanted.has(key)) keyed.set(key, one);
    else one.remove();
  }
  let at = old.firstChild;
  for (const one of solid(fresh)) {
    const known = keyOf(one) ? keyed.get(keyOf(one)) : others.shift();
    const fits = known?.nodeName === one.nodeName;
    while (at && isBlank(at)) at = at.nextSibling;
    if (fits) become(known, one);
    if (fits && known === at) at = at.nextSibling;
    else old.insertBefore(fits ? known : one, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// Who stood on something that was moved stands on it again; on something that is gone, where it was.
function keepPlace(root, act) {
  const before = document.activeElement;
  const part = root.contains(before) && before.closest("section");
  act();
  if (!part || document.activeElement === before) return;
  const here = [before, part, root].find((one) => one.isConnected);
  if (here !== before) here.tabIndex = -1;
  here.focus({ preventScroll: true });
}

export function begin(root, { settle }) {
  const aged = document.querySelector("[data-aged]");
  const everyMs = Number(root.dataset.every) * 1000;
  let askedAt = Date.now();
  let asking = false;

  async function renew() {
    const response = await fetch(location.pathname, {
      headers: { "HX-Request": "true" },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    const box = document.createElement("template");
    box.innerHTML = await response.text();
    settle(box.content);
    keepPlace(root, () => becomeChildren(root, box.content));
  }

  async function look() {
    if (document.hidden || asking || Date.now() - askedAt < everyMs) return;
    asking = true;
    askedAt = Date.now();
    const failed = await renew().then(() => false, () => true);
    asking = false;
    if (aged) aged.hidden = !failed;
  }

  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
}
