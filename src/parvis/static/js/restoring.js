// What waited and was refused stands in the form again, with the reason. Loaded when there is something to restore.

const OWN = ["form_token", "who", "key", "return_to"]; // what a form has of its own

export function restore(form, { words, tell, ask, me }) {
  return navigator.locks.request("parvis-refused", async () => {
    const text = form.elements.text;
    if (text.value && text.value !== text.defaultValue) return; // somebody writes; it stays where it is until they are done
    const one = await ask({ kind: "first-refused", who: me });
    if (!one) return;
    for (const [name, value] of one.fields) if (!OWN.includes(name)) await put(form, name, value);
    if (form.elements.warning.value) form.querySelector("[data-warning-field]").classList.remove("folded");
    if (form.elements.option_1.value || form.elements.due.value) form.querySelector("[data-more]").open = true;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    const problem = form.querySelector("[data-upload-problem]");
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
