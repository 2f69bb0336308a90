// What the page does with its service worker: register it, have waiting posts sent, say what became of them, messages.
// Once a browser it also tells that the place is on the home screen.
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

export async function begin({ words, tell, me, token, over, forget }) {
  const registration = await navigator.serviceWorker.register("/sw.js");
  const restoring = async () => {
    const form = document.querySelector("[data-compose]");
    if (!form || document.hidden || !(await ask({ kind: "first-refused", who: me }))) return;
    const restored = import(form.dataset.restoring).then(({ restore }) => restore(form, { words, tell, ask, me }));
    await restored.catch(() => {}); // it is still in the store
  };
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.kind === "sent") {
      tell(words.sent);
      dispatchEvent(new Event("parvis:sent"));
    }
    if (data.kind === "refused") restoring();
    if (data.kind === "wiped") forget();
    if (data.kind === "over") location.reload(); // this page is of somebody who has signed out elsewhere
  });
  const send = async () => (await worker())?.postMessage({ kind: "send", who: me, token: token() });
  if (over) {
    forget();
    (await worker())?.postMessage({ kind: "wipe" });
  }
  if (me) {
    (await worker())?.postMessage({ kind: "here", who: me });
    addEventListener("online", send);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      send(); // it may have been refused for a moment only
      restoring();
    });
    if (navigator.onLine) send();
    restoring();
  }
  const installed = (how) => {
    if (localStorage.getItem("installed")) return;
    localStorage.setItem("installed", "1");
    fetch("/installed", { method: "POST", body: new URLSearchParams({ how }) }).catch(() => {});
  };
  addEventListener("appinstalled", () => installed("installed"));
  if (matchMedia("(display-mode: standalone)").matches || navigator.standalone) installed("shown");
  navigator.clearAppBadge?.().catch(() => {});
  if (location.hash === "#waiting") {
    tell(words.waiting);
    history.replaceState(null, "", location.pathname);
  }
  return registration;
}

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

// The button in the settings: messages on this device, or none.
export async function messages(box, { send, words, tell, me }) {
  const registration = await navigator.serviceWorker.ready;
  if (!registration.pushManager) return;
  const button = box.querySelector("button");
  let subscription = await registration.pushManager.getSubscription();
  const known = subscription && (await ask({ kind: "push-known" }));
  const ended = known && !box.dataset.alive.split(" ").includes(String(known.token));
  if (subscription && (ended || localStorage.getItem("called"))) {
    await subscription.unsubscribe(); // it was the ticket's, which is no more, or that of a session that is over
    subscription = null;
  }
  localStorage.removeItem("called");
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
        registration.active.postMessage({ kind: "push", token: (await response.json()).token_id, who: me });
      }
      subscription = await registration.pushManager.getSubscription();
    } catch {
      tell(words.failed);
    }
    button.disabled = false;
    show();
  });
}
