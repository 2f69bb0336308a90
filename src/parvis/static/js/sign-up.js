// Solves the puzzle that a sign-up costs where very many come from one network (altcha's second protocol, PBKDF2), while the
// form is filled in. What it finds goes along in the hidden field.

const LANES = 4; // browsers derive keys in threads of their own

const box = document.querySelector("[data-puzzle]");
const form = box?.closest("form");
const field = form?.querySelector("input[name=proof]");
const note = box?.querySelector("[data-puzzle-note]");
const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => Number.parseInt(pair, 16));
const hex = (buffer) => [...new Uint8Array(buffer)].map((one) => one.toString(16).padStart(2, "0")).join("");

async function derived(parameters, counter) {
  const nonce = bytes(parameters.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(parameters.salt), iterations: parameters.cost };
  return hex(await crypto.subtle.deriveBits(how, key, parameters.keyLength * 8));
}

async function solve(puzzle) {
  let found = null;
  async function lane(start) {
    for (let counter = start; !found; counter += LANES) {
      const derivedKey = await derived(puzzle.parameters, counter);
      if (derivedKey.startsWith(puzzle.parameters.keyPrefix)) found = { counter, derivedKey };
    }
  }
  await Promise.all([...Array(LANES).keys()].map(lane));
  return btoa(JSON.stringify({ challenge: puzzle, solution: found }));
}

if (box && window.crypto?.subtle) {
  let wanted = null; // the button that was pressed before it was done
  note.textContent = box.dataset.busy;
  const done = solve(JSON.parse(box.dataset.puzzle)).then((proof) => {
    field.value = proof;
    note.textContent = box.dataset.done;
    if (wanted) form.requestSubmit(wanted);
  });
  form.addEventListener("submit", (event) => {
    if (field.value) return;
    event.preventDefault();
    wanted = event.submitter;
    form.setAttribute("aria-busy", "true");
  });
  await done;
}
