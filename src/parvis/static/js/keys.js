// Single keys: from post to post, what one does with a post, and where to go. /keys says which; they can be switched off.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const GO = { h: "/home", l: "/public", e: "/explore", n: "/notifications", c: "/conversations", b: "/bookmarks", s: "/settings" };
const PATIENCE_MS = 1500;
const ACTS = { f: ".act.heart", b: ".act.round", s: ".act.ribbon" };
let goes = 0; // until when a second key says where to go

export function pressed(key, { words, failed }) {
  if (Date.now() < goes) {
    goes = 0;
    const path = key === "p" ? `/@${document.body.dataset.me}` : GO[key];
    if (path) location.assign(path);
    return;
  }
  const post = document.activeElement?.closest("article.post");
  if (key === "g") goes = Date.now() + PATIENCE_MS;
  else if (key === "j" || key === "k") step(post, key === "j" ? 1 : -1);
  else if (key === "n") write();
  else if (key === "/") search();
  else if (key === ".") $("[data-fresh]:not([hidden]) button") ? $("[data-show-fresh]").click() : scrollTo({ top: 0 });
  else if (key === "?") help(words).catch(failed);
  else if (post) act(post, key);
}

function step(post, way) {
  const posts = $$("article.post");
  const next = posts[posts.indexOf(post) + way];
  if (!next) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function act(post, key) {
  if (key in ACTS) $(ACTS[key], post)?.click();
  else if (key === "r") post.classList.contains("large") ? write() : $(".actions a[href$='#reply']", post)?.click();
  else if (key === "o") $(".post-when", post)?.click();
  else if (key === "x") {
    const fold = $("details.warned, details.sensitive", post);
    if (fold) fold.open = !fold.open;
  }
}

function write() {
  const text = $("[data-compose] textarea[name=text]");
  if (text) text.focus();
  else location.assign("/compose");
}

function search() {
  const field = $$("form.search input[name=q]").find((one) => one.offsetParent);
  if (field) field.focus();
  else location.assign("/search");
}

async function help(words) {
  const answer = await fetch("/keys", { headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(answer.status);
  const box = Object.assign(document.createElement("dialog"), { className: "help-box" });
  box.innerHTML = await answer.text();
  const close = Object.assign(document.createElement("button"), { className: "icon-button", type: "button", textContent: "×" });
  close.setAttribute("aria-label", words.close);
  box.setAttribute("aria-labelledby", $("h2", box).id);
  box.prepend(close);
  $("[data-keys-choice]", box).checked = true;
  box.addEventListener("click", (event) => (event.target === box || event.target === close) && box.close());
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}
