// The box to choose emoji from, and what a begun `:name` may mean. Fetched when somebody asks for it.

const USED = "emoji used";
const TONE = "emoji tone";
const MOST_USED = 32;
const MOST_FOUND = 120;
const $ = (selector, root) => root.querySelector(selector);
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const kept = (name, other) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? other;
  } catch {
    return other;
  }
};

let loading;
let target; // the form that is written in
const load = (form) => {
  loading ||= fetched().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
};

async function fetched() {
  const answer = await fetch("/compose/emoji", { headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(answer.status);
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  const box = made.content.querySelector("dialog");
  const groups = box.dataset.list ? await (await fetch(box.dataset.list)).json() : [];
  const regions = window.Intl?.DisplayNames ? new Intl.DisplayNames([document.documentElement.lang], { type: "region" }) : null;
  const ofUnicode = groups.map((group, n) => group.map(([sign, name, words, toned]) => {
    const country = flag(sign, regions);
    const more = country ? `${$(`[data-group="${n}"]`, box).title} ${name}` : words;
    return { sign, name: country || name, words: plain(` ${country || name} ${more}`).replaceAll("-", " "), toned };
  }));
  const own = JSON.parse(box.dataset.own).map(([code, src, category]) => {
    return { code, src, category, name: `:${code}:`, words: plain(` ${code.replaceAll("_", " ")} ${code}`) };
  });
  const all = { box, own, groups: ofUnicode, every: [...own, ...ofUnicode.flat()] };
  furnish(all);
  document.body.append(box);
  return all;
}

// Flags of countries consist of two letters, whose country the browser can name.
function flag(sign, regions) {
  const letters = [...sign].map((one) => one.codePointAt(0) - 0x1f1e6);
  if (!regions || letters.length !== 2 || letters.some((one) => one < 0 || one > 25)) return "";
  const code = String.fromCharCode(...letters.map((one) => one + 65));
  try {
    const name = regions.of(code);
    return name === code ? "" : name;
  } catch {
    return "";
  }
}

const toned = (one) => {
  const tone = kept(TONE, 0);
  if (!one.toned || !tone) return one.sign;
  return one.sign.replace(/(\p{Emoji_Modifier_Base})\ufe0f?/gu, `$1${String.fromCodePoint(0x1f3fa + tone)}`);
};
const value = (one) => (one.code ? `:${one.code}:` : toned(one));

function pictured(one) {
  if (!one.code) return document.createTextNode(toned(one));
  return Object.assign(document.createElement("img"), { src: one.src, alt: "", width: 24, height: 24, loading: "lazy" });
}

// Those whose name begins so, then those whose words do; letters that do not stand apart are found anywhere.
function matching(every, query, most) {
  const wanted = plain(query.replace(/[_-]+/g, " ")).split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const found = [[], [], []];
  for (const one of every) {
    if (wanted.every((word) => one.words.includes(` ${word}`))) {
      found[one.words.startsWith(` ${wanted[0]}`) ? 0 : 1].push(one);
    } else if (/[^\u0000-\u02ff]/.test(query) && wanted.every((word) => one.words.includes(word))) found[2].push(one);
    if (found[0].length >= most) break;
  }
  return found.flat().slice(0, most);
}

// What suggest.js shows for `:name`.
export async function find(form, query) {
  const { every } = await load(form);
  return matching(every, query, 6).map((one) => {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.dataset.text = `${value(one)} `;
    const sign = Object.assign(document.createElement("span"), { className: "sign" });
    sign.setAttribute("aria-hidden", "true");
    sign.append(pictured(one));
    option.append(sign, Object.assign(document.createElement("bdi"), { textContent: one.name }));
    return option;
  });
}

function furnish(all) {
  const { box, own, groups, every } = all;
  const [signs, heading, search, said] = ["[data-signs]", "[data-heading]", "[data-search]", "[data-said]"].map((one) => $(one, box));
  const bar = $("[data-groups]", box);
  const shown = { list: [], name: "" };

  const categories = [...new Set(own.map((one) => one.category))];
  const first = $("[data-group='0']", bar);
  categories.forEach((category, n) => {
    const name = category || box.dataset.place;
    const button = Object.assign(document.createElement("button"), { type: "button", title: name });
    button.dataset.group = `own-${n}`;
    button.setAttribute("aria-label", name);
    button.append(pictured(own.find((one) => one.category === category)));
    first ? first.before(button) : bar.append(button);
  });
  if (!groups.length) bar.querySelectorAll("[data-group]").forEach((one) => /^\d/.test(one.dataset.group) && one.remove());

  function show(list, name) {
    Object.assign(shown, { list, name });
    heading.textContent = name;
    signs.setAttribute("aria-label", name);
    signs.replaceChildren(...list.map((one, n) => {
      const button = Object.assign(document.createElement("button"), { type: "button", title: one.name, tabIndex: n ? -1 : 0 });
      button.setAttribute("aria-label", one.name);
      button.append(pictured(one));
      button.one = one;
      return button;
    }));
    signs.scrollTop = 0;
    $("[data-none]", box).hidden = list.length > 0;
  }
  function used() {
    const known = new Map(every.flatMap((one) => [[value(one), one], [one.sign || value(one), one]]));
    return kept(USED, []).map((one) => known.get(one)).filter(Boolean);
  }
  function turn(group) {
    const button = $(`[data-group="${group}"]`, bar);
    bar.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    const [kind, number] = group.split("-");
    if (kind === "used") show(used(), button.title);
    else if (kind === "own") show(own.filter((one) => one.category === categories[number]), button.title);
    else show(groups[kind], button.title);
  }
  function choose(one) {
    const text = $("textarea[name=text]", target);
    const chosen = value(one);
    localStorage.setItem(USED, JSON.stringify([chosen, ...kept(USED, []).filter((old) => old !== chosen)].slice(0, MOST_USED)));
    box.close();
    // Whoever has not been in the text yet goes on at its end.
    const [start, end] = text.selectionEnd ? [text.selectionStart, text.selectionEnd] : [text.value.length, text.value.length];
    const before = one.code && /[\p{L}\p{N}_:]$/u.test(text.value.slice(0, start)) ? " " : "";
    text.setRangeText(before + chosen + (one.code ? " " : ""), start, end, "end");
    text.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "chosen" }));
    text.focus();
  }
  all.begin = () => {
    search.value = "";
    $("[data-tone]", box).value = String(kept(TONE, 0));
    turn(kept(USED, []).length ? "used" : own.length ? "own-0" : groups.length ? "0" : "used");
  };

  bar.addEventListener("click", ({ target: at }) => {
    const button = at.closest("[data-group]");
    if (!button) return;
    search.value = "";
    turn(button.dataset.group);
  });
  $("[data-close]", box).addEventListener("click", () => box.close());
  $("[data-tone]", box).addEventListener("change", ({ target: at }) => {
    localStorage.setItem(TONE, at.value);
    show(shown.list, shown.name);
  });
  search.addEventListener("input", () => {
    if (!search.value.trim()) return all.begin();
    bar.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", "false"));
    show(matching(every, search.value, MOST_FOUND), search.value.trim());
    said.textContent = shown.list.length || $("[data-none]", box).textContent;
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") $("button", signs)?.focus();
    else if (event.key === "Enter") shown.list.length && choose(shown.list[0]);
    else return;
    event.preventDefault();
  });
  signs.addEventListener("click", ({ target: at }) => {
    const button = at.closest("button");
    if (button) choose(button.one);
  });
  signs.addEventListener("keydown", (event) => step(event, signs, search));
  box.addEventListener("click", (event) => event.target === box && box.close());
  // While somebody writes, keys of the page and of the form are not meant.
  box.addEventListener("keydown", (event) => event.stopPropagation());
}

function step(event, signs, search) {
  const buttons = [...signs.children];
  const at = buttons.indexOf(document.activeElement);
  const columns = Math.max(1, buttons.filter((one) => one.offsetTop === buttons[0].offsetTop).length);
  const onward = document.documentElement.dir === "rtl" ? -1 : 1;
  const steps = { ArrowRight: onward, ArrowLeft: -onward, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: buttons.length - 1 - at };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const next = buttons[at + steps[event.key]];
  if (!next) return event.key === "ArrowUp" && search.focus();
  buttons[at].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

// Near the button where there is room for it; on phones the style puts it at the foot of the screen.
function put(box, button) {
  box.style.removeProperty("left");
  box.style.removeProperty("top");
  if (innerWidth < 640) return;
  const [near, own] = [button.getBoundingClientRect(), box.getBoundingClientRect()];
  const left = Math.min(Math.max(8, near.left), innerWidth - own.width - 8);
  const below = near.bottom + 8 + own.height <= innerHeight;
  box.style.setProperty("left", `${left}px`);
  box.style.setProperty("top", `${Math.max(8, below ? near.bottom + 8 : near.top - own.height - 8)}px`);
}

export async function open(form, button) {
  const all = await load(form);
  target = form;
  all.begin();
  all.box.showModal();
  put(all.box, button);
  // On phones the search would bring up the keyboard, which hides what there is to choose.
  if (matchMedia("(pointer: coarse)").matches) $("[data-close]", all.box).focus();
  else $("[data-search]", all.box).focus();
}
