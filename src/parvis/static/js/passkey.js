// Passkeys: a button that makes one, or signs with one, and sends the form it stands in. Where a browser knows none, the
// buttons stay hidden and the form works with a password.

const able = window.PublicKeyCredential?.parseCreationOptionsFromJSON && PublicKeyCredential.prototype.toJSON;

async function answer(box, form) {
  const options = JSON.parse(box.dataset.options);
  if (box.dataset.passkey === "use") {
    return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  }
  const name = form.elements.username?.value.trim() || box.dataset.name || options.user.name;
  options.user.name = options.user.displayName = name;
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

for (const box of able ? document.querySelectorAll("[data-passkey]") : []) {
  const form = box.closest("form");
  const passwords = [...form.querySelectorAll("input[type=password], input[name=login], input[name=code]")];
  const button = box.querySelector("button");
  const said = box.querySelector("[data-failed]");
  button.addEventListener("click", async () => {
    const wanted = passwords.filter((one) => one.required);
    for (const one of wanted) one.required = false;
    if (!form.reportValidity()) {
      for (const one of wanted) one.required = true;
      return;
    }
    button.disabled = true;
    try {
      form.elements.passkey.value = JSON.stringify((await answer(box, form)).toJSON());
      for (const one of passwords) one.value = "";
      if (box.dataset.action) form.action = box.dataset.action;
      form.requestSubmit();
    } catch {
      for (const one of wanted) one.required = true;
      said.textContent = said.dataset.failed;
      button.disabled = false;
    }
  });
  box.hidden = false;
}
