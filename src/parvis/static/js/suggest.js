// What may be meant by what has been typed: people, hashtags and emoji in a text, and what to search for.
// The keys stay in the field; `aria-activedescendant` says which option they are at.

const PAUSE_MS = 180;
const BEGUN = [
  ["people", /(?:^|[^\w@/.])(@\w[\w.-]*(?:@[\w.-]*)?)$/],
  ["hashtags", /(?:^|[^\p{L}\p{N}_#&/])(#[\p{L}\p{N}_]+)$/u],
  ["emoji", /(?:^|[^\p{L}\p{N}_:])(:[\p{L}\p{N}_+-]{2,})$/u],
];
const attended = new WeakSet();
let lists = 0;

// What stands before the caret and can be completed.
function begun(field) {
  const at = field.selectionStart;
  if (field.tagName === "INPUT") return { only: "", start: 0, end: field.value.length, query: field.value.trim() };
  if (at !== field.selectionEnd) return null;
  const before = field.value.slice(Math.max(0, at - 120), at);
  for (const [only, pattern] of BEGUN) {
    const found = pattern.exec(before)?.[1];
    if (found) return { only, start: at - found.length, end: at, query: found.slice(1) };
  }
  return null;
}

// How far below the top of the text the line of the caret ends: measured in a copy that is laid out alike.
const LAID_OUT = ["font", "lineHeight", "letterSpacing", "padding", "border", "boxSizing", "direction"];
function endOfLine(field) {
  const style = getComputedStyle(field);
  const copy = document.createElement("div");
  for (const one of LAID_OUT) copy.style[one] = style[one];
  Object.assign(copy.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "anywhere", width: `${field.offsetWidth}px` });
  const caret = document.createElement("span");
  caret.textContent = "|";
  copy.append(field.value.slice(0, field.selectionStart), caret);
  document.body.append(copy);
  const end = caret.offsetTop + caret.offsetHeight - field.scrollTop;
  copy.remove();
  return Math.min(end, field.offsetHeight);
}

async function asked(only, query, signal) {
  const path = `/suggest?${new URLSearchParams({ q: query, only })}`;
  const answer = await fetch(path, { signal, headers: { "HX-Request": "true" } });
  return answer.ok ? answer.text() : "";
}

export function attend(field) {
  if (attended.has(field)) return;
  attended.add(field);
  const inText = field.tagName === "TEXTAREA";
  const list = Object.assign(document.createElement("ul"), { className: "options", id: `options-${++lists}`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.said);
  const said = Object.assign(document.createElement("p"), { className: "visually-hidden", role: "status" });
  const box = Object.assign(document.createElement("div"), { className: "completing" });
  box.append(list, said);
  field.after(box);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  if (!inText) field.setAttribute("role", "combobox");

  let part = null;
  let at = -1;
  let timer;
  let asking;
  const options = () => [...list.children];

  function mark(next) {
    at = next;
    options().forEach((one, n) => one.setAttribute("aria-selected", String(n === at)));
    const one = list.children[at];
    if (one) {
      field.setAttribute("aria-activedescendant", one.id);
      one.scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  }
  function close() {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    list.replaceChildren();
    said.textContent = "";
    mark(-1);
    if (!inText) field.setAttribute("aria-expanded", "false");
  }
  function show() {
    options().forEach((one, n) => (one.id = `${list.id}-${n}`));
    if (!list.children.length || document.activeElement !== field) return close();
    list.hidden = false;
    if (inText) list.style.setProperty("top", `${endOfLine(field) - field.offsetHeight + 4}px`);
    said.textContent = `${field.dataset.said}: ${list.children.length}`;
    if (!inText) field.setAttribute("aria-expanded", "true");
    // A hashtag may be new, and a search is what was typed: there the keys go on as ever until an arrow is pressed.
    mark(part.only === "people" || part.only === "emoji" ? 0 : -1);
  }
  async function look() {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const { only, query } = part;
    try {
      if (only === "emoji") {
        const { find } = await import(field.form.dataset.emoji);
        const found = await find(field.form, query);
        if (signal.aborted) return;
        list.replaceChildren(...found);
      } else {
        const found = await asked(only, query, signal);
        if (signal.aborted) return;
        list.innerHTML = found;
      }
      show();
    } catch {
      if (!signal.aborted) close(); // nothing is lost by it
    }
  }
  function choose(option) {
    const { text, go } = option.dataset;
    const { start, end } = part;
    close();
    if (go) return location.assign(go);
    const spaced = text.endsWith(" ") && /^\s/.test(field.value.slice(end)) ? text.trimEnd() : text;
    field.setRangeText(spaced, start, end, "end");
    part = null;
    field.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "chosen" }));
    field.focus();
  }

  function typed(event) {
    clearTimeout(timer);
    if (event?.isComposing) return;
    part = event?.detail === "chosen" ? null : begun(field);
    if (!part || !part.query) return close();
    timer = setTimeout(look, part.only === "emoji" ? 0 : PAUSE_MS);
  }
  field.addEventListener("input", typed);
  field.addEventListener("blur", close);
  field.addEventListener("compositionend", () => typed());
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[role=option]");
    if (option) choose(option);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const count = list.children.length;
    const least = inText ? 0 : -1;
    if (event.key === "ArrowDown") mark(at + 1 < count ? at + 1 : least);
    else if (event.key === "ArrowUp") mark(at > least ? at - 1 : count - 1);
    else if (event.key === "Escape") close();
    else if (at >= 0 && (event.key === "Enter" || (event.key === "Tab" && inText && !event.shiftKey))) {
      choose(list.children[at]);
    } else {
      if (/^(ArrowLeft|ArrowRight|Home|End)$/.test(event.key)) close();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  typed();
}
