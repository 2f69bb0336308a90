// What waited and was refused stands in the form again, with the reason. Loaded when there is something to restore.

const OWN = ["form_token", "who", "key", "return_to"]; // what a form has of its own
const ABOUT = ["in_reply_to_id", "quote_of_id"];
const PLACES = { in_reply_to_id: "/compose?in_reply_to=", quote_of_id: "/compose?quote=" };

export function restore(form, { words, tell, ask, me }) {
  return navigator.locks.request("parvis-refused", async () => {
    const text = form.elements.text;
    if (text.value && text.value !== text.defaultValue) return; // somebody writes; it stays where it is until they are done
    const one = await ask({ kind: "first-refused", who: me });
    if (!one) return;
    const sent = Object.fromEntries(one.fields);
    const problem = form.querySelector("[data-upload-problem]");
    const own = ABOUT.find((name) => sent[name]);
    if (ABOUT.some((name) => (form.elements[name]?.value || "") !== (sent[name] || ""))) {
      // A reply belongs under its post. If that is gone meanwhile, the words stand here, as a post of their own.
      const place = own ? `${PLACES[own]}${sent[own]}` : "/compose";
      if (!own || (await fetch(place, { method: "HEAD" })).ok) {
        const link = Object.assign(document.createElement("a"), { href: place, textContent: words.refusedThere });
        problem.replaceChildren(link);
        problem.hidden = false;
        return;
      }
      if (ABOUT.some((name) => form.elements[name])) return; // this form is for something else
    }
    for (const [name, value] of one.fields) if (![...OWN, ...ABOUT].includes(name)) await put(form, name, value);
    if (form.elements.warning.value) form.querySelector("[data-warning-field]").classList.remove("folded");
    if (form.elements.option_1.value || form.elements.due.value) form.querySelector("[data-more]").open = true;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    problem.textContent = one.refused || words.refused;
    problem.hidden = false;
    tell(words.refused);
    await ask({ kind: "restored", key: one.key });
  });
}

async function put(form, name, value) {
  const field = form.elements[name];
  if (name === "media_ids") {
    const answer = await fetch(`/compose/media/${value}`, { headers: { "HX-Request": "true" } });
    if (answer.ok) form.querySelector("[data-pictures]").insertAdjacentHTML("beforeend", await answer.text());
  } else if (field?.type === "checkbox") field.checked = true;
  else if (field) field.value = value;
  else if (!name.startsWith("alt_")) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
}
