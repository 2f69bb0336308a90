// What scripts add to pages that work without them: live posts, quick reactions, comfortable writing, keys.
// No library but htmx, which swaps parts of pages; nothing here is needed to read or to publish.

const { live, installed, me } = document.body.dataset;
const words = JSON.parse(document.querySelector('meta[name="parvis"]')?.content || "{}");
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (kind, selector, handle) =>
  document.addEventListener(kind, (event) => {
    const target = event.target instanceof Element && event.target.closest(selector);
    if (target) handle(event, target);
  });
const say = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
const formToken = () => $('#acts input[name="form_token"]')?.value || "";
const send = (path, body) =>
  fetch(path, { method: "POST", body, headers: { "X-Form-Token": formToken(), "HX-Request": "true" } });

// ── times stay true ──

function ago(then) {
  const seconds = (Date.now() - then) / 1000;
  if (seconds < 60) return words.now;
  if (seconds < 3600) return say(words.min, { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return say(words.hour, { n: Math.floor(seconds / 3600) });
  if (seconds < 7 * 86400) return say(words.day, { n: Math.floor(seconds / 86400) });
  return null;
}

// A day and its hour as the server writes them, by the reader's clock. What writes days is made when first needed, and
// once: making it costs more than all it writes.
let days;
function moment(time) {
  const then = new Date(time.dateTime);
  const hour = [then.getHours(), then.getMinutes()].map((one) => String(one).padStart(2, "0")).join(":");
  // Mostly it is the same day here, which the server has written already.
  const there = /, \d\d:\d\d UTC$/;
  if (then.getDate() === then.getUTCDate() && there.test(time.textContent)) return time.textContent.replace(there, `, ${hour}`);
  const { lang } = document.documentElement;
  days ||= new Intl.DateTimeFormat(`${lang === "en" ? "en-GB" : lang}-u-nu-latn`, { dateStyle: "long" });
  return `${days.format(then)}, ${hour}`;
}

function freshenTimes(root = document) {
  for (const time of $$(".post-when time, .note-line time", root)) {
    const text = ago(Date.parse(time.dateTime));
    if (text && time.textContent !== text) time.textContent = text;
  }
  for (const time of $$("time[data-moment]:not([data-local])", root)) {
    time.dataset.local = "1";
    time.textContent = moment(time);
  }
}
setInterval(freshenTimes, 30000);
on("pointerover", ".post-when time:not([data-local])", (_, time) => {
  time.dataset.local = "1";
  time.title = moment(time);
});

// ── htmx comes with the first touch, key or scroll, so that it costs nothing before ──

const stands = new Promise((done) => (document.readyState === "complete" ? done() : addEventListener("load", done)));
let swapping;
let ready = !document.body.dataset.htmx; // without it, buttons and links do what they do without scripts
function swaps() {
  swapping ||= stands.then(() => new Promise((done) => {
    const script = Object.assign(document.createElement("script"), { src: document.body.dataset.htmx });
    script.onload = script.onerror = done;
    document.head.append(script);
  })).then(() => (ready = true));
  return swapping;
}
if (!ready) {
  const first = ["pointerdown", "pointermove", "keydown", "focusin", "scroll"];
  for (const kind of first) addEventListener(kind, swaps, { once: true, passive: true });
  if ($('[hx-trigger="load"]')) swaps();
}
// Whoever is faster than it is kept waiting for that moment.
addEventListener("click", (event) => {
  const pressed = ready ? null : event.target.closest?.("a, button");
  if (!pressed?.closest("[hx-get], [hx-post]") || document.readyState !== "complete") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  swaps().then(() => pressed.click());
}, true);

// ── reactions show at once and are taken back if the server says no ──

function flip(button) {
  const isOn = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isOn));
  button.classList.toggle("on", isOn);
  button.classList.toggle("pop", isOn);
  const count = button.querySelector("span");
  if (!("uncounted" in button.dataset) && /^\d*$/.test(count.textContent)) {
    count.textContent = Math.max(0, Number(count.textContent) + (isOn ? 1 : -1)) || "";
    button.setAttribute("aria-label", [button.title, count.textContent].filter(Boolean).join(" · "));
  }
}
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt.matches?.("[data-toggle]")) flip(detail.elt);
});
for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, ({ detail }) => {
    if (detail.elt.matches?.("[data-toggle]")) flip(detail.elt);
    tell(words.failed);
  });
}
let focusAfterSwap = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const active = document.activeElement;
  focusAfterSwap = detail.target.contains(active) ? active.title || active.getAttribute("aria-label") : null;
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  freshenTimes();
  if (focusAfterSwap) $$("button, a", detail.elt).find((e) => focusAfterSwap === (e.title || e.getAttribute("aria-label")))?.focus();
  focusAfterSwap = null;
});

let telling;
function tell(text) {
  let box = $("#telling");
  if (!box) {
    box = Object.assign(document.createElement("p"), { id: "telling", className: "telling", role: "status" });
    document.body.append(box);
  }
  // Read out is what changes in a place that is there already.
  box.textContent = "";
  box.hidden = false;
  clearTimeout(telling);
  setTimeout(() => (box.textContent = text), 50);
  telling = setTimeout(() => (box.hidden = true), 4000);
}

// ── menus close, links copy, back goes back, pictures open ──

document.addEventListener("click", (event) => {
  for (const menu of $$("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.matches?.("details[data-menu][open]") || target.classList.contains("me")) return;
    const foot = $(".bottom")?.offsetHeight || 0;
    const box = $(".menu-list", target).getBoundingClientRect();
    target.classList.toggle("up", box.bottom > innerHeight - foot && box.top > box.height + 120);
  },
  true,
);
on("click", "[data-copy]", (event, link) => {
  if (!navigator.clipboard) return;
  event.preventDefault();
  navigator.clipboard.writeText(link.dataset.copy).then(() => tell(words.copied));
  link.closest("details")?.removeAttribute("open");
});
on("click", "[data-back]", (event) => {
  if (history.length > 1 && document.referrer.startsWith(location.origin)) {
    event.preventDefault();
    history.back();
  }
});
const pristine = new WeakMap(); // players as they were before they began
document.addEventListener("play", ({ target }) => {
  const box = target.closest?.("[data-player]");
  if (!box || "ready" in box.dataset) return;
  pristine.set(box, box.outerHTML);
  box.dataset.ready = "";
  import(box.dataset.player).then(({ prepare }) => prepare(box));
}, true);
// What nobody sees at once waits until the page stands, so that it does not hold up the first paint or a first tap.
const idle = window.requestIdleCallback || ((act) => setTimeout(act, 200));
const later = (act) => stands.then(() => idle(act));
later(() => freshenTimes());
later(() => {
  if (!matchMedia("(prefers-reduced-motion: no-preference)").matches || !window.IntersectionObserver) return;
  const seen = new IntersectionObserver((all) => {
    for (const { target, isIntersecting } of all) isIntersecting ? target.play().catch(() => {}) : target.pause();
  });
  const watch = () => $$("video[data-silent]:not([data-seen])").forEach((one) => {
    one.dataset.seen = "";
    seen.observe(one);
  });
  watch();
  document.addEventListener("htmx:afterSettle", watch);
});
on("click", "[data-picture]", (event, link) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey || !window.HTMLDialogElement) return;
  event.preventDefault();
  import(document.body.dataset.lightbox).then(({ show }) => show(link, words)).catch(() => location.assign(link.href));
});
on("click", ".post", (event, post) => {
  if (event.target.closest("a, button, summary, details, img, input, textarea, video, audio, figcaption") || String(getSelection())) return;
  const link = $(".post-when", post);
  if (link && !post.classList.contains("large")) location.assign(link.href);
});

// ── posts below the screen are laid out some at a time, so that nobody waits for all of them ──

const came = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
const settled = () => document.documentElement.classList.add("laid");
function layOut() {
  const some = $$(".post:not(.laid)").slice(0, 3);
  for (const one of some) one.classList.add("laid");
  some.length ? requestAnimationFrame(() => setTimeout(() => idle(layOut))) : settled();
}
came ? settled() : later(layOut); // whoever comes back stands where they were, and that is known by all that is above

// ── back leads to the same place ──

const list = $("[data-list]");
const place = `list ${location.pathname}${location.search}`;
const returning = (act) => import(document.body.dataset.returning).then(act);
let watched;
const longer = () => (watched ||= returning(({ watch }) => watch(list, pristine)));
if (list) {
  if (!came) later(() => sessionStorage.removeItem(place));
  else if (sessionStorage.getItem(place)) returning(({ restore }) => restore(list) && (freshenTimes(), longer()));
}
if (list) {
  const grown = ({ detail }) => {
    if (!list.contains(detail.elt) || !detail.elt.matches("article, .more, li, .tile")) return;
    document.removeEventListener("htmx:afterSettle", grown);
    longer();
  };
  document.addEventListener("htmx:afterSettle", grown);
}

// ── what somebody is about to open is asked for a moment before ──

function intend({ target }) {
  const link = target.closest?.("a[href^='/']:not([target], [download], [data-picture], [data-back], [hx-get])");
  const worker = navigator.serviceWorker?.controller;
  const { saveData, effectiveType } = navigator.connection || {};
  if (!link || !worker || link.pathname === location.pathname || saveData || /2g/.test(effectiveType)) return;
  if (!/^\/(static|media)\//.test(link.pathname)) worker.postMessage({ kind: "ahead", path: link.pathname + link.search });
}
let intending;
addEventListener("pointerdown", (event) => event.button || intend(event), { passive: true });
addEventListener("pointerover", (event) => {
  clearTimeout(intending);
  if (event.pointerType === "mouse") intending = setTimeout(intend, 120, event);
}, { passive: true });

// ── live, and the app on the home screen ──

const notice = $("[data-notice]")?.dataset.notice;
const over = !me && ["signed_out", "left"].includes(notice);
// On their own page notifications count as read, and only then it is asked how many are not.
const notes = $("[data-notifications]");
const read = notes && send("/notifications/read", new URLSearchParams({ last: notes.dataset.notifications }));
const listen = () => import(live).then(({ begin }) => begin({ words, say, settle: freshenTimes }));
if (live && window.EventSource) Promise.resolve(read).then(listen, listen);
// A page that shows how things stand renews itself.
const standing = $("[data-again]");
if (standing) later(() => import(standing.dataset.again).then(({ begin }) => begin(standing, { settle: freshenTimes })));

if (installed && navigator.serviceWorker) {
  const begin = async () => {
    const ties = await import(installed);
    await ties.begin({ words, tell, me, token: formToken, over, forget });
    const box = $("[data-messages]");
    if (box) ties.messages(box, { send, words, tell, me });
  };
  document.readyState === "complete" ? begin() : addEventListener("load", begin);
}
const said = () => {
  const box = $("[data-offline]");
  if (box) box.hidden = navigator.onLine;
};
said();
for (const kind of ["online", "offline"]) addEventListener(kind, said);
// What somebody leaves behind on a device is nothing of theirs: only how the device itself is used.
function forget() {
  const kept = ["keys", "installed"].map((name) => [name, localStorage.getItem(name)]);
  localStorage.clear();
  sessionStorage.clear();
  for (const [name, value] of kept) if (value !== null) localStorage.setItem(name, value);
}
// Only a new post waits for the network. Whatever else is sent would be lost with the page.
on("submit", "form", (event, form) => {
  const button = event.submitter;
  const path = new URL(button?.getAttribute("formaction") || form.getAttribute("action") || "", location).pathname;
  if (form.method !== "post" || path === "/compose") return;
  if (!navigator.onLine) {
    event.preventDefault();
    tell(words.offline);
  } else if (path === "/sign-out") forget();
});

// ── writing ──

// A time is meant as the device has it; the form says how far that is from UTC.
on("input", "input[name=due]", (_, input) => {
  const then = new Date(input.value);
  input.form.elements.due_offset.value = isNaN(then) ? 0 : then.getTimezoneOffset();
});

let graphemes; // made when somebody writes: making it costs more than the rest of this file
const links = /https?:\/\/[^\s<>"]+/g;
const elsewhere = /(@[A-Za-z0-9_]+)@[A-Za-z0-9.-]+/g;

function length(text) {
  const counted = text.trim().replace(links, "x".repeat(23)).replace(elsewhere, "$1");
  if (/^[\x20-\x7e\n]*$/.test(counted)) return counted.length;
  graphemes ??= window.Intl?.Segmenter ? new Intl.Segmenter() : false;
  return graphemes ? [...graphemes.segment(counted)].length : [...counted].length;
}

// What was begun stays on the device until the server has said that it stands, or the service worker that it waits.
const SENT = "sent draft";
const sentDraft = me && sessionStorage.getItem(SENT);
if (sentDraft) sessionStorage.removeItem(SENT);
if (sentDraft && (["published", "scheduled"].includes(notice) || location.hash === "#waiting")) localStorage.removeItem(sentDraft);

function draftIn(kept) {
  try {
    const draft = JSON.parse(kept);
    return typeof draft?.text === "string" ? draft : kept && { text: kept };
  } catch {
    return { text: kept };
  }
}

// With the words stays for whom they are: what was begun for few does not come back for everybody.
function keepDraft(form, text, warning) {
  const offered = text.value;
  const { in_reply_to_id: answered, quote_of_id: quoted, visibility, warning: about } = form.elements;
  // Words that came with the page are another draft than the one that was begun without any.
  const place = `draft ${me} ${answered?.value || quoted?.value || offered}`;
  const kept = draftIn(localStorage.getItem(place));
  if (kept && (!offered || kept.text.startsWith(offered))) {
    text.value = kept.text;
    if (kept.visibility > visibility.value) visibility.value = kept.visibility; // one digit, the higher the fewer
    if (kept.warning) about.value = kept.warning;
    warning.classList.toggle("folded", !about.value);
  }
  form.addEventListener("input", () => {
    const draft = { text: text.value, visibility: visibility.value, warning: about.value };
    if (text.value && text.value !== offered) localStorage.setItem(place, JSON.stringify(draft));
    else localStorage.removeItem(place);
  });
  form.addEventListener("submit", () => sessionStorage.setItem(SENT, place));
}

function prepare(form) {
  const text = $("textarea[name=text]", form);
  const counter = $("[data-counter]", form);
  const warning = $("[data-warning-field]", form);
  const pictures = $("[data-pictures]", form);
  const problem = $("[data-upload-problem]", form);
  const sensitive = $("[data-sensitive]", form);
  const submit = $("button[type=submit]", form);
  const limit = Number(form.dataset.limit);
  let uploading = 0;

  const refresh = () => {
    const left = limit - length(text.value) - length($("input[name=warning]", form).value);
    counter.textContent = text.value || left < limit ? left : "";
    counter.classList.toggle("over", left < 0);
    const has = pictures.children.length > 0;
    const waits = uploading > 0 || $("[data-waiting]", pictures) !== null;
    sensitive.classList.toggle("folded", !has);
    if (!submit.dataset.fixed) submit.disabled = waits || left < 0 || !(text.value.trim() || has);
  };
  if (submit.disabled) submit.dataset.fixed = "1";

  async function upload(files) {
    problem.hidden = true;
    const room = 4 - pictures.children.length;
    if (files.length > room) complain(words.tooMany);
    for (const file of [...files].slice(0, Math.max(0, room))) {
      const line = Object.assign(document.createElement("li"), { className: "compose-picture waiting" });
      line.textContent = say(words.uploading, { name: file.name });
      pictures.append(line);
      uploading += 1;
      refresh();
      const body = new FormData();
      body.append("file", file);
      try {
        if (/^(video|audio)\//.test(file.type)) {
          const { uploadFilm } = await import(form.dataset.uploads);
          await uploadFilm(file, line, { library: form.dataset.library, token: formToken(), words });
          uploading -= 1;
          refresh();
          continue;
        }
        const response = await send("/compose/media", body);
        const kind = response.headers.get("Content-Type") || "";
        const answer = await response.text();
        if (response.ok) line.outerHTML = answer;
        else throw new Error(kind.startsWith("text/plain") ? answer : words.failed);
      } catch (error) {
        line.remove();
        const said = error instanceof TypeError ? words.failed : error.message;
        if (said) complain(said);
      }
      uploading -= 1;
      refresh();
    }
  }
  function complain(said) {
    problem.textContent = said;
    problem.hidden = false;
  }

  form.addEventListener("input", refresh);
  $("[data-files]", form).addEventListener("change", ({ target }) => {
    upload(target.files);
    target.value = "";
  });
  $("[data-warning-toggle]", form).addEventListener("click", () => {
    const input = $("input", warning);
    if (warning.classList.toggle("folded")) input.value = "";
    else input.focus();
    refresh();
  });
  form.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-remove]");
    if (!remove) return;
    const line = remove.closest("[data-picture-item]");
    const id = $("input[name=media_ids]", line)?.value;
    if (id) send(`/compose/media/${id}/discard`, new URLSearchParams()).catch(() => {});
    line.remove();
    text.focus();
    refresh();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !submit.disabled) form.requestSubmit(submit);
  });
  form.addEventListener("paste", ({ clipboardData }) => clipboardData?.files.length && upload(clipboardData.files));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("dragging", kind === "dragover");
      if (kind === "drop") upload(event.dataTransfer.files);
    });
  }
  // Once per form: a picture that nobody described is asked about. Heard before everybody else who hears of the sending.
  const undescribed = $("[data-undescribed]", form);
  form.addEventListener("submit", (event) => {
    const bare = $$("[data-picture-item] textarea", form).find((one) => !one.value.trim());
    if (!bare || "said" in undescribed.dataset) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    undescribed.dataset.said = "";
    undescribed.hidden = false;
    bare.focus();
  }, true);
  // A key of its own for each time that the page is opened: the copy that is read offline always has the same.
  if (window.crypto?.randomUUID) form.elements.key.value = crypto.randomUUID();
  keepDraft(form, text, warning);
  form.addEventListener("submit", () => setTimeout(() => (submit.disabled = true)));
  addEventListener("pageshow", refresh);
  $$("[data-waiting]", pictures).forEach((one) => {
    import(form.dataset.uploads).then(({ watch }) => watch(one.closest("li")));
  });
  refresh();
}
$$("[data-compose]").forEach(prepare);
// Without connection one goes on writing, and nothing is offered.
on("input", "[data-suggest]", (_, field) => import(field.dataset.suggest).then(({ attend }) => attend(field), () => {}));
on("click", "[data-emoji-open]", (_, button) => {
  import(button.form.dataset.emoji).then(({ open }) => open(button.form, button)).catch(() => tell(words.failed));
});

// ── keys ──

const KEYS = /^[jknrfbsoxghlecp/?.]$/;
const usesKeys = () => localStorage.getItem("keys") !== "off";
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of $$("details[data-menu][open]")) {
      if (menu.contains(document.activeElement)) $("summary", menu).focus();
      menu.open = false;
    }
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !me || !KEYS.test(event.key) || !usesKeys()) return;
  if (event.target.closest("input, textarea, select, dialog, video, audio, [data-player]")) return;
  event.preventDefault();
  const failed = () => tell(words.failed);
  import(document.body.dataset.keys).then(({ pressed }) => pressed(event.key, { words, failed }), failed);
});
for (const one of $$("[data-keys-choice]")) one.checked = usesKeys();
on("change", "[data-keys-choice]", (_, one) => (one.checked ? localStorage.removeItem("keys") : localStorage.setItem("keys", "off")));
