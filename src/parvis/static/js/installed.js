// What the page does with its service worker: register it, have waiting posts sent, say what became of them, messages.
// Loaded once the page stands, so that it costs nothing before.

const worker = async () => (await navigator.serviceWorker.ready).active;
const ask = async (said) => {
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise((done) => {
    port1.onmessage = ({ data }) => done(data);
    setTimeout(done, 5000); // an older worker does not know what is asked
  });
  (await worker())?.postMessage(said, [port2]);
  return answered;
};

export async function begin({ words, tell, me, token, over }) {
  const registration = await navigator.serviceWorker.register("/sw.js");
  const restoring = () => restore({ words, tell, me }).catch(() => {});
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.kind === "sent") {
      tell(words.sent);
      dispatchEvent(new Event("parvis:sent"));
    }
    if (data.kind === "refused") restoring();
    if (data.kind === "wiped") forget();
  });
  const send = async () => (await worker())?.postMessage({ kind: "send", who: me, token: token() });
  if (over) {
    forget();
    (await worker())?.postMessage({ kind: "wipe" });
  }
  if (me) {
    addEventListener("online", send);
    document.addEventListener("visibilitychange", restoring);
    if (navigator.onLine) send();
    restoring();
  }
  navigator.clearAppBadge?.().catch(() => {});
  if (location.hash === "#waiting") {
    tell(words.waiting);
    history.replaceState(null, "", location.pathname);
  }
  return registration;
}

function forget() {
  localStorage.clear();
  sessionStorage.clear();
}

// ── what waited and was refused stands in the form again, with the reason ──

const OWN = ["form_token", "who", "key", "return_to"]; // what a form has of its own

function restore({ words, tell, me }) {
  const form = document.querySelector("[data-compose]");
  if (!form || document.hidden) return Promise.resolve();
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

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

// The button in the settings: messages on this device, or none.
export async function messages(box, { send, words, tell }) {
  const registration = await navigator.serviceWorker.ready;
  if (!registration.pushManager) return;
  const button = box.querySelector("button");
  let subscription = await registration.pushManager.getSubscription();
  const show = () => {
    button.textContent = subscription ? box.dataset.off : box.dataset.on;
    box.hidden = false;
  };
  show();
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      if (subscription) {
        const known = await ask({ kind: "push-known" });
        if (known) await send("/push/end", new URLSearchParams({ token_id: known.token }));
        await subscription.unsubscribe();
      } else if ((await Notification.requestPermission()) === "granted") {
        const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) });
        const { endpoint, keys } = made.toJSON();
        const response = await send("/push", new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth }));
        if (!response.ok) throw await made.unsubscribe();
        registration.active.postMessage({ kind: "push", token: (await response.json()).token_id });
      }
      subscription = await registration.pushManager.getSubscription();
    } catch {
      tell(words.failed);
    }
    button.disabled = false;
    show();
  });
}
