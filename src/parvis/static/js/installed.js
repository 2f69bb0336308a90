// What the page does with its service worker: register it, have waiting posts sent, say what became of them, messages.
// Loaded once the page stands, so that it costs nothing before.

export async function begin({ words, tell, me }) {
  const registration = await navigator.serviceWorker.register("/sw.js");
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.kind === "sent") {
      tell(words.sent);
      dispatchEvent(new Event("parvis:sent"));
    }
    if (data.kind === "refused" && data.who === me) {
      const text = document.querySelector("[data-compose] textarea[name=text]");
      if (text && !text.value) text.value = data.text;
      tell(words.refused);
    }
    if (data.kind === "wiped") localStorage.clear();
  });
  const send = async () => (await navigator.serviceWorker.ready).active?.postMessage({ kind: "send" });
  if (me) {
    addEventListener("online", send);
    if (navigator.onLine) send();
  }
  navigator.clearAppBadge?.().catch(() => {});
  if (location.hash === "#waiting") {
    tell(words.waiting);
    history.replaceState(null, "", location.pathname);
  }
  return registration;
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
      if (subscription) await subscription.unsubscribe();
      else if ((await Notification.requestPermission()) === "granted") {
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
