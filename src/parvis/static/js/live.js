// Open pages hear what happens. All tabs of a browser share one connection: whoever holds the lock listens and passes on
// what it hears; when its tab closes, another takes over. After every gap the list is asked for what it missed.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const SILENCE_MS = 40000; // the server says something every fifteen seconds
const SLICE = 20;
const SOON_MS = 5000;

export function begin({ words, say, settle }) {
  const list = $("[data-live-list]");
  const bar = $("[data-fresh]");
  const waiting = new Set();
  let gathering;

  // ── the list ──

  const posts = (root) => $$("[data-post]", root).filter((one) => one.matches("article"));
  const newest = () => posts(list).reduce((most, one) => (BigInt(one.dataset.post) > most ? BigInt(one.dataset.post) : most), 0n);

  async function slice(query) {
    const response = await fetch(bar.dataset.fresh + query, { headers: { "HX-Request": "true" } });
    if (!response.ok) throw new Error(String(response.status));
    const part = document.createElement("template");
    part.innerHTML = await response.text();
    return { part: part.content, full: response.headers.has("X-Full") };
  }

  async function missed() {
    const known = new Set(posts(list).map((one) => one.dataset.post));
    const { part, full } = await slice(`?after=${newest()}`);
    return { fresh: posts(part).filter((one) => !known.has(one.dataset.post)), full };
  }

  let showing = null;
  const showFresh = () => (showing ||= show().finally(() => (showing = null)));

  async function show() {
    const { fresh, full } = await missed();
    if (fresh.length) $("[data-empty]", list)?.remove();
    if (full) {
      // More than a slice was missed: the list begins anew, so that nothing is lost between.
      list.replaceChildren((await slice("")).part);
      window.htmx?.process(list);
    } else {
      for (const one of fresh) one.classList.add("fresh");
      list.prepend(...fresh);
      for (const one of fresh) window.htmx?.process(one);
    }
    settle(list);
    waiting.clear();
    bar.hidden = true;
  }

  function countFresh() {
    // Whoever reads at the very top sees new posts come in; what anybody else reads does not move.
    if (scrollY < 8 && !document.hidden && !list.contains(document.activeElement)) return showFresh();
    $("button", bar).textContent = waiting.size === 1 ? words.fresh1 : say(words.freshN, { n: waiting.size >= SLICE ? `${SLICE}+` : waiting.size });
    bar.hidden = false;
  }

  async function catchUp() {
    if (!list || !bar) return;
    try {
      const { fresh, full } = await missed();
      for (const one of fresh) waiting.add(one.dataset.post);
      if (full && !waiting.size) return showFresh(); // filters hide the newest; what is below them was missed, too
      if (waiting.size) countFresh();
    } catch {
      // the next connection asks again
    }
  }

  document.addEventListener("click", async (event) => {
    if (!event.target.closest?.("[data-show-fresh]")) return;
    await showFresh();
    scrollTo({ top: 0 });
    posts(list)[0]?.focus({ preventScroll: true }); // the button is not there any more
  });
  addEventListener("parvis:sent", () => list && showFresh());

  // ── what is heard ──

  const hear = {
    open: catchUp,
    post(post) {
      if (!list || !post.lists.includes(list.dataset.liveList) || $(`[data-post="${post.id}"]`, list)) return;
      waiting.add(post.id);
      clearTimeout(gathering);
      gathering = setTimeout(countFresh, 150);
    },
    gone({ id }) {
      waiting.delete(id);
      for (const one of $$(`[data-post="${id}"]`)) one.remove();
    },
    unread({ count }) {
      for (const badge of $$("[data-unread]")) {
        badge.textContent = count > 99 ? "99+" : count || "";
        badge.hidden = !count;
      }
      navigator[count ? "setAppBadge" : "clearAppBadge"]?.(...(count ? [count] : [])).catch(() => {});
    },
  };

  // ── one connection for all tabs ──

  const channel = window.BroadcastChannel ? new BroadcastChannel("parvis-live") : null;
  const pass = (kind, data) => {
    channel?.postMessage({ kind, data });
    hear[kind]?.(data);
  };
  if (channel) channel.onmessage = ({ data }) => (data.kind === "ask" ? last && channel.postMessage(last) : hear[data.kind]?.(data.data));
  let last = null; // the last number of unread notifications, for tabs that open later

  function listen() {
    let live;
    let heardAt;
    const connect = (again) => {
      live?.close();
      heardAt = Date.now();
      // What came between the making of the page and the first word of the server was missed as well, if that was long.
      let opened = again || performance.now() > SOON_MS;
      live = new EventSource("/live");
      document.documentElement.dataset.liveLeader = "";
      live.addEventListener("error", () => (opened = true)); // in this gap, too, something may have happened
      live.addEventListener("open", () => {
        heardAt = Date.now();
        if (opened) pass("open");
        opened = true;
      });
      for (const kind of ["post", "gone", "unread", "here"]) {
        live.addEventListener(kind, ({ data }) => {
          heardAt = Date.now();
          if (kind === "here") return;
          const said = JSON.parse(data);
          if (kind === "unread") last = { kind, data: said };
          pass(kind, said);
        });
      }
    };
    // A laptop that slept holds a dead connection that looks alive.
    const check = () => {
      if (Date.now() - heardAt > SILENCE_MS || live.readyState === EventSource.CLOSED) connect(true);
    };
    connect(false);
    setInterval(check, SILENCE_MS / 4);
    document.addEventListener("visibilitychange", () => document.hidden || check());
    addEventListener("online", () => connect(true));
  }

  // A page that was put aside and comes back has heard nothing meanwhile.
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    hear.open();
    channel?.postMessage({ kind: "ask" });
  });

  if (!channel || !navigator.locks) return listen();
  channel.postMessage({ kind: "ask" });
  let waited = false;
  navigator.locks.request("parvis-live", () => {
    listen();
    if (waited) hear.open(); // what happened between the tab that closed and this one
    return new Promise(() => {}); // until the tab closes
  });
  setTimeout(() => (waited = true), 1000);
}
