// The service worker: pages that were read last stay readable offline, what was written offline is sent once, messages show.
// `BUILT` stands before this file when it is sent: { version, assets, words }.

const SHELL = `shell-${BUILT.version}`;
const READ = "read"; // the last copies of a few pages of whoever is signed in
const KEPT = ["/home", "/public", "/notifications", "/bookmarks", "/conversations"];
const OFFLINE = "/offline";

// ── what is kept ──

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(SHELL);
    await cache.addAll([...BUILT.assets, OFFLINE].map((path) => new Request(path, { credentials: "omit" })));
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== SHELL && name !== READ).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST") ahead.clear(); // what was fetched before it may have changed
  if (request.method === "POST" && url.pathname === "/compose") event.respondWith(publish(event));
  else if (request.method === "POST" && url.pathname === "/sign-out") event.respondWith(leave(event));
  else if (request.method !== "GET") return;
  else if (request.mode === "navigate") event.respondWith(open(event, url));
  else if (/^\/(static|brand)\//.test(url.pathname)) event.respondWith(asset(request));
});

async function asset(request) {
  return (await caches.match(request)) || fetch(request);
}

// What somebody is about to open is asked for a moment before; the server makes it last of all and counts it when it is opened.
const ahead = new Map();
const AHEAD_MS = 8000;
const MOST_AHEAD = 3;

// Two pages with forms at once would each bring a stranger a secret, and only one of these fits: the server gives no such page
// ahead.
function look(path) {
  const known = ahead.get(path);
  if (known && Date.now() - known.at < AHEAD_MS) return;
  const headers = { Accept: "text/html", "X-Ahead": "1" };
  ahead.delete(path);
  ahead.set(path, { at: Date.now(), asked: fetch(path, { headers, redirect: "manual" }).catch(() => null) });
  for (const one of ahead.keys()) if (ahead.size > MOST_AHEAD) ahead.delete(one);
}

async function looked(request, url) {
  const path = url.pathname + url.search;
  const known = ahead.get(path);
  ahead.delete(path);
  if (!known || request.cache !== "default" || Date.now() - known.at > AHEAD_MS) return null;
  const response = await known.asked;
  if (response?.status !== 200) return null; // 204: it is not given ahead
  fetch(path, { method: "HEAD", headers: { "X-Ahead": "1" } }).catch(() => {});
  return response;
}

async function open(event, url) {
  const keeps = KEPT.includes(url.pathname) && !url.search;
  try {
    const response = (await looked(event.request, url)) || (await fetch(event.request));
    if (response.ok && keeps) event.waitUntil(keep(url.pathname, response.clone()));
    if (url.pathname === "/sign-in" && response.ok) event.waitUntil(caches.delete(READ));
    return response;
  } catch {
    const known = keeps && (await caches.match(url.pathname, { cacheName: READ }));
    return known || (await caches.match(OFFLINE)) || Response.error();
  }
}

let wiped = 0; // how often; what began to be kept before is not kept after

// One person's copies at a time, and none of what a page said once.
async function keep(path, response) {
  const before = wiped;
  const headers = new Headers(response.headers);
  headers.set("X-Kept-At", new Date().toISOString());
  const html = await response.text();
  const whose = html.match(/ data-me="([^"]*)"/)?.[1] || "";
  let cache = await caches.open(READ);
  const others = await cache.match("/");
  if (others && others.headers.get("X-Whose") !== whose) {
    await caches.delete(READ);
    cache = await caches.open(READ);
  }
  if (before !== wiped) return;
  await cache.put("/", new Response("", { headers: { "X-Whose": whose } })); // no page of its own is kept there
  await cache.put(path, new Response(html.replace(/<div [^>]*data-notice=.*?<\/div>/s, ""), { headers }));
}

// ── posts that wait for the network ──

function store(mode, act) {
  return new Promise((done, fail) => {
    const opening = indexedDB.open("parvis", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("waiting", { keyPath: "key" });
      opening.result.createObjectStore("push", { keyPath: "id" });
    };
    opening.onerror = () => fail(opening.error);
    opening.onsuccess = () => {
      const db = opening.result;
      const transaction = db.transaction(["waiting", "push"], mode);
      const asked = act(transaction);
      transaction.oncomplete = () => (db.close(), done(asked?.result));
      transaction.onabort = () => (db.close(), fail(transaction.error));
    };
  });
}

async function publish(event) {
  const copy = event.request.clone();
  try {
    return await fetch(event.request);
  } catch {
    const fields = [...(await copy.formData()).entries()].filter(([, value]) => typeof value === "string");
    const key = Object.fromEntries(fields).key || crypto.randomUUID();
    await store("readwrite", (all) => all.objectStore("waiting").put({ key, fields, at: Date.now() }));
    await self.registration.sync?.register("posts").catch(() => {});
    tell({ kind: "waiting" });
    return Response.redirect("/home#waiting", 303);
  }
}

// One at a time; the server takes the same key for the same post, so that an answer that was lost does no harm. `who` has a
// page open and `token` for it: the one that the form came with is of no use to somebody who has signed in anew.
const send = (who, token) => navigator.locks.request("posts", () => sendAll(who, token));

async function waitingPosts() {
  const all = await store("readonly", (both) => both.objectStore("waiting").getAll());
  return all.map((one) => ({ ...one, who: Object.fromEntries(one.fields).who })).sort((a, b) => a.at - b.at);
}

const put = (one) => store("readwrite", (all) => all.objectStore("waiting").put(one));
const forget = (key) => store("readwrite", (all) => all.objectStore("waiting").delete(key));

// The server knows a key for seven days. What is older might stand already without its knowing, so its author decides.
const KNOWN_MS = 6 * 86400000;

async function sendAll(who, token) {
  let sent = 0;
  let refused = false;
  for (const one of await waitingPosts()) {
    if ("refused" in one || (who && one.who !== who)) continue;
    if (Date.now() - one.at > KNOWN_MS) {
      await put({ ...one, refused: "" });
      refused = true;
      continue;
    }
    const { stands, reason } = await offer(one, token);
    if (!stands && reason === undefined) break; // and those after it wait too, so that they come in order
    if (stands) await forget(one.key);
    else await put({ ...one, refused: reason });
    sent += stands ? 1 : 0;
    refused ||= !stands;
  }
  if (sent) tell({ kind: "sent", count: sent });
  if (refused) tell({ kind: "refused" });
}

// Whether the post stands, or the reason why it never will; neither while that can still change: without a network, with
// another session or none, with a server that has too much to do.
async function offer(one, token) {
  const body = new FormData();
  for (const [name, value] of one.fields) body.append(name, value);
  const headers = { "HX-Request": "true" }; // asks for a plain answer: what a redirect leads to cannot be seen here
  if (token) headers["X-Form-Token"] = token;
  let response;
  try {
    response = await fetch("/compose", { method: "POST", body, headers, redirect: "manual" });
    if (response.ok && response.headers.has("HX-Redirect")) return { stands: true };
    if (response.status < 400 || response.status >= 500 || [401, 403, 408, 429].includes(response.status)) return {};
    const plain = (response.headers.get("Content-Type") || "").startsWith("text/plain");
    return { reason: plain ? await response.text() : "" };
  } catch {
    return {};
  }
}

// The browser tries again later if it is told that not everything was sent.
async function stillWaiting() {
  if ((await waitingPosts()).some((one) => !("refused" in one))) throw new Error("posts wait");
}

self.addEventListener("sync", (event) => {
  if (event.tag === "posts") event.waitUntil(send().then(stillWaiting));
});

self.addEventListener("message", (event) => {
  const { kind, who, token, key, path } = event.data;
  const answer = (said) => event.ports[0]?.postMessage(said);
  if (kind === "send") event.waitUntil(send(who, token).then(answer));
  if (kind === "here") event.waitUntil(here(who));
  if (kind === "push") event.waitUntil(store("readwrite", (all) => all.objectStore("push").put({ id: 1, token, who })));
  if (kind === "push-known") event.waitUntil(store("readonly", (all) => all.objectStore("push").get(1)).then(answer));
  if (kind === "first-refused") {
    const first = async () => answer((await waitingPosts()).find((one) => "refused" in one && one.who === who));
    event.waitUntil(first());
  }
  if (kind === "ahead") look(path);
  if (kind === "wipe") event.waitUntil(wipe());
  if (kind === "restored") event.waitUntil(forget(key).then(answer));
});

async function tell(said) {
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage(said);
}

// ── signing out leaves nothing behind ──

// What waits is sent first. Without a network nobody is signed out, and so nothing is wiped.
async function leave({ request, clientId }) {
  const form = await request.clone().formData();
  await send(null, form.get("form_token")).catch(() => {});
  await unsubscribe(form).catch(() => {});
  // Found before, since the answer clears the place's storage and with it whose pages these are.
  const others = (await self.clients.matchAll({ type: "window" })).filter(({ id }) => id !== clientId);
  let response;
  try {
    response = await fetch(request);
  } catch {
    return (await caches.match(OFFLINE)) || Response.error();
  }
  await wipe();
  for (const client of others) client.postMessage({ kind: "over" });
  return response;
}

// Messages are for whoever switched them on. Somebody else who signs in here later does not get them.
async function here(who) {
  const known = await store("readonly", (all) => all.objectStore("push").get(1));
  if (!known || known.who === who) return;
  if (!known.who) return store("readwrite", (all) => all.objectStore("push").put({ ...known, who }));
  const subscription = await self.registration.pushManager?.getSubscription();
  await subscription?.unsubscribe().catch(() => {});
  await store("readwrite", (all) => all.objectStore("push").clear());
}

async function wipe() {
  wiped += 1;
  ahead.clear();
  const subscription = await self.registration.pushManager?.getSubscription();
  await subscription?.unsubscribe().catch(() => {});
  await caches.delete(READ);
  await store("readwrite", (all) => {
    all.objectStore("waiting").clear();
    all.objectStore("push").clear();
  });
  await tell({ kind: "wiped" });
}

async function unsubscribe(form) {
  const known = await store("readonly", (all) => all.objectStore("push").get(1));
  if (known) {
    const body = new URLSearchParams({ token_id: known.token, form_token: form.get("form_token") || "" });
    await fetch("/push/end", { method: "POST", body, redirect: "manual" });
  }
}

// ── messages ──

self.addEventListener("push", (event) => {
  const said = event.data?.json() || {};
  const options = {
    body: said.body || "",
    icon: said.icon || BUILT.icon,
    badge: BUILT.icon,
    tag: String(said.notification_id || said.tag || ""),
    data: { path: said.path || "/notifications" },
    actions: [
      { action: "open", title: BUILT.words.open },
      { action: "later", title: BUILT.words.later },
    ],
  };
  if (!said.path) self.navigator.setAppBadge?.().catch(() => {}); // only notifications are counted
  event.waitUntil(self.registration.showNotification(said.title || BUILT.name, options));
});

const WRITING = /^\/(compose|share|captions|settings|posts\/\d+\/edit)/;

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  if (event.action === "later") return;
  const show = async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const { path } = event.notification.data;
    const at = (each) => new URL(each.url).pathname;
    const there = windows.find((each) => at(each) === new URL(path, location).pathname);
    // Nobody is taken away from what they write.
    const one = there || windows.find((each) => "navigate" in each && !WRITING.test(at(each)));
    if (!one) return self.clients.openWindow(path);
    await one.navigate(path).catch(() => {});
    return one.focus();
  };
  event.waitUntil(show());
});
