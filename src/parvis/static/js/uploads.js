// Large files go in parts (tus), so that a lost connection costs seconds and a closed browser nothing: whoever chooses the
// same file again goes on where it stopped. Then the server makes the file playable, and the line tells how far that is.

const PART_BYTES = 16 * 1024 * 1024;
const RETRY_MS = [0, 1000, 2000, 4000, 8000, 15000, 30000, 30000, 60000];

const make = (tag, more) => Object.assign(document.createElement(tag), more);

/** The file is with the server, and its line of the form stands in place of `line`. */
export async function uploadFilm(file, line, { library, token, words }) {
  await import(library); // sets `tus`
  const bar = make("progress", { max: 1, value: 0 });
  bar.setAttribute("aria-label", file.name); // as a property it is too new
  const pause = make("button", { type: "button", className: "button quiet", textContent: words.pause });
  const stop = make("button", { type: "button", className: "button quiet", textContent: words.stop });
  line.textContent = "";
  line.append(make("span", { textContent: file.name }), bar, pause, stop);

  const mediaId = await new Promise((done, failed) => {
    let running = true;
    const go = (on) => {
      running = on;
      pause.textContent = on ? words.pause : words.resume;
      if (on) upload.start();
    };
    const upload = new window.tus.Upload(file, {
      endpoint: "/compose/uploads",
      chunkSize: PART_BYTES,
      retryDelays: RETRY_MS,
      removeFingerprintOnSuccess: true,
      headers: { "X-Form-Token": token },
      metadata: {},
      onShouldRetry: ({ originalResponse }) => {
        const status = originalResponse?.getStatus() || 0;
        return running && (status < 400 || status >= 500 || status === 409 || status === 423 || status === 429);
      },
      onProgress: (sent, all) => (bar.value = sent / all),
      onError: (error) => {
        const answer = error.originalResponse;
        if (answer && answer.getStatus() >= 400 && answer.getStatus() < 500) {
          const plain = (answer.getHeader("Content-Type") || "").startsWith("text/plain");
          failed(new Error(plain ? answer.getBody() : words.failed));
        } else go(false); // for hours perhaps; it goes on when somebody says so, or the connection is back
      },
      onSuccess: ({ lastResponse }) => removeEventListener("online", back) || done(lastResponse.getHeader("Parvis-Media-Id")),
    });
    const back = () => running || go(true);
    addEventListener("online", back);
    pause.addEventListener("click", () => {
      if (running) upload.abort();
      go(!running);
    });
    stop.addEventListener("click", () => {
      removeEventListener("online", back);
      upload.abort(true).catch(() => {});
      failed(new Error(""));
    });
    upload.findPreviousUploads().then((earlier) => {
      if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
      upload.start();
    });
  });
  const answer = await fetch(`/compose/media/${mediaId}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(words.failed);
  const shown = make("template", { innerHTML: await answer.text() }).content.querySelector("li");
  line.replaceWith(shown);
  watch(shown);
}

// Only what is different changes, or the same words would be read out every second.
function change(state, said) {
  const [bar, next] = [state, said].map((one) => one.querySelector("progress"));
  if (!bar || !next || state.firstChild.data !== said.firstChild.data) return state.replaceWith(said);
  bar.value = next.value;
}

/** The line says how far the file is, until it can be posted or is refused. */
export async function watch(line) {
  for (;;) {
    const state = line.querySelector("[data-waiting]");
    if (!state || !line.isConnected) break;
    await new Promise((later) => setTimeout(later, 1000));
    let answer;
    try {
      answer = await fetch(state.dataset.waiting, { headers: { "HX-Request": "true" } });
    } catch {
      continue; // without a connection it cannot be known
    }
    const text = await answer.text();
    if (answer.status === 422 || answer.status === 404) {
      state.textContent = answer.status === 422 ? text : "";
      state.className = "problem";
      line.querySelector("[name=media_ids]").remove();
      delete state.dataset.waiting;
    } else if (answer.ok) {
      const fresh = make("template", { innerHTML: text }).content.querySelector("li");
      const said = fresh.querySelector("[data-waiting]");
      if (said) change(state, said);
      else state.remove();
      const picture = fresh.querySelector("img");
      if (picture) line.querySelector(".compose-ground, img").replaceWith(picture);
    }
    line.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
