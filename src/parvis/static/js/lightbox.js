// Pictures of a post, large, one after the other.

const part = (kind, given) => Object.assign(document.createElement(kind), given);

export function show(link, words) {
  const all = [...link.closest(".pictures, body").querySelectorAll("a[data-picture]")];
  let at = all.indexOf(link);
  const box = part("dialog", { className: "lightbox" });
  const picture = part("img", { draggable: false });
  const said = part("p", {});
  const count = part("span", { className: "lightbox-count" });
  const button = (name, sign, className) => {
    const made = part("button", { type: "button", className: `icon-button ${className}`, textContent: sign });
    made.setAttribute("aria-label", name);
    return made;
  };
  const close = button(words.close, "×", "");
  const [back, on] = [button(words.before, "‹", "turn back"), button(words.after, "›", "turn on")];

  function turn(way) {
    at = (at + way + all.length) % all.length;
    const { alt } = all[at].querySelector("img");
    Object.assign(picture, { src: all[at].href, alt });
    said.textContent = alt;
    said.hidden = !alt;
    count.textContent = `${at + 1} / ${all.length}`;
  }
  box.append(picture, close);
  if (all.length > 1) box.append(back, on, count);
  box.append(said);
  back.addEventListener("click", () => turn(-1));
  on.addEventListener("click", () => turn(1));
  let from;
  let swept = false;
  box.addEventListener("click", ({ target }) => {
    if (!swept && !target.closest("p, .turn, .lightbox-count")) box.close();
    swept = false;
  });
  const onward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (all.length > 1 && /^Arrow(Left|Right)$/.test(event.key)) turn(event.key === onward ? 1 : -1);
  });
  box.addEventListener("pointerdown", (event) => (from = event.clientX));
  box.addEventListener("pointerup", (event) => {
    const far = event.clientX - from;
    swept = all.length > 1 && Math.abs(far) > 50;
    if (swept) turn((far < 0) === (onward === "ArrowRight") ? 1 : -1);
  });
  box.addEventListener("close", () => box.remove());
  turn(0);
  document.body.append(box);
  box.showModal();
}
