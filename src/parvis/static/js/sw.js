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
  if (request.method === "POST" && url.pathname === "/compose") event.respondWith(publish(event));
  else if (request.method === "POST" && url.pathname === "/sign-out") event.respondWith(leave(request));
  else if (request.method !== "GET") return;
  else if (request.mode === "navigate") event.respondWith(open(event, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(asset(request));
});

async function asset(request) {
  return (await caches.match(request)) || fetch(request);
}

async function open(event, url) {
  const keeps = KEPT.includes(url.pathname) && !url.search;
  try {
    const response = await fetch(event.request);
    if (response.ok && keeps) event.waitUntil(keep(url.pathname, response.clone()));
    if (url.pathname === "/sign-in" && response.ok) event.waitUntil(caches.delete(READ));
    return response;
  } catch {
    const known = keeps && (await caches.match(url.pathname, { cacheName: READ }));
    return known || (await caches.match(OFFLINE)) || Response.error();
  }
}

async function keep(path, response) {
  const cache = await caches.open(READ);
  const headers = new Headers(response.headers);
  headers.set("X-Kept-At", new Date().toISOString());
  const body = await response.blob();
  await cache.put(path, new Response(body, { headers }));
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

// One at a time; the server takes the same key for the same post, so that an answer that was lost does no harm.
const send = () => navigator.locks.request("posts", sendAll);

async function sendAll() {
  const waiting = await store("readonly", (all) => all.objectStore("waiting").getAll());
  let sent = 0;
  for (const one of waiting.filter((each) => !each.refused)) {
    const body = new FormData();
    for (const [name, value] of one.fields) body.append(name, value);
    let response;
    try {
      response = await fetch("/compose", { method: "POST", body, redirect: "manual" });
    } catch {
      break;
    }
    if (response.type === "opaqueredirect" || response.ok) {
      await store("readwrite", (all) => all.objectStore("waiting").delete(one.key));
      sent += 1;
    } else if (response.status < 500 && response.status !== 429) {
      await store("readwrite", (all) => all.objectStore("waiting").put({ ...one, refused: true }));
      tell({ kind: "refused", who: Object.fromEntries(one.fields).who, text: Object.fromEntries(one.fields).text });
    } else break;
  }
  if (sent) tell({ kind: "sent", count: sent });
}

self.addEventListener("sync", (event) => {
  if (event.tag === "posts") event.waitUntil(send());
});

self.addEventListener("message", (event) => {
  if (event.data.kind === "send") event.waitUntil(send());
  if (event.data.kind === "push") event.waitUntil(store("readwrite", (all) => all.objectStore("push").put({ id: 1, token: event.data.token })));
});

async function tell(said) {
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage(said);
}

// ── signing out leaves nothing behind ──

async function leave(request) {
  const copy = request.clone();
  await unsubscribe(await copy.formData()).catch(() => {});
  await caches.delete(READ);
  await store("readwrite", (all) => {
    all.objectStore("waiting").clear();
    all.objectStore("push").clear();
  });
  await tell({ kind: "wiped" });
  return fetch(request);
}

async function unsubscribe(form) {
  const known = await store("readonly", (all) => all.objectStore("push").get(1));
  const subscription = await self.registration.pushManager?.getSubscription();
  if (known) {
    const body = new URLSearchParams({ token_id: known.token, form_token: form.get("form_token") || "" });
    await fetch("/push/end", { method: "POST", body, redirect: "manual" });
  }
  await subscription?.unsubscribe();
}

// ── messages ──

self.addEventListener("push", (event) => {
  const said = event.data?.json() || {};
  const options = {
    body: said.body || "",
    icon: said.icon || BUILT.icon,
    badge: BUILT.icon,
    tag: String(said.notification_id || ""),
    data: { path: "/notifications" },
    actions: [
      { action: "open", title: BUILT.words.open },
      { action: "later", title: BUILT.words.later },
    ],
  };
  self.navigator.setAppBadge?.().catch(() => {});
  event.waitUntil(self.registration.showNotification(said.title || BUILT.name, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  if (event.action === "later") return;
  const show = async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const one = windows.find((each) => "navigate" in each);
    if (!one) return self.clients.openWindow(event.notification.data.path);
    await one.navigate(event.notification.data.path).catch(() => {});
    return one.focus();
  };
  event.waitUntil(show());
});
