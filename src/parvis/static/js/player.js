// What is added to a video once somebody plays it: sizes that follow the connection, a choice of quality and speed, keys.
// Safari plays such playlists by itself; elsewhere hls.js is fetched at that moment. The plain file plays without all this.

const SEEK_S = 5;
const STINGY_LINES = 360; // the most where somebody has asked their browser to save data

const plays = (video) =>
  video.canPlayType("application/vnd.apple.mpegurl") && "webkitShowPlaybackTargetPicker" in video;

export async function prepare(box) {
  const video = box.querySelector("video");
  const bar = box.querySelector("[data-player-bar]");
  keys(box, video);
  speeds(bar, video);
  window_(bar, video);
  bar.hidden = false;
  if (box.dataset.previews) strip(box, video).catch(() => {});
  if (!box.dataset.playlist) return;
  const wanted = !video.paused;
  if (plays(video)) await swap(video, wanted, () => (video.src = box.dataset.playlist));
  else await adaptive(box, video, bar, wanted);
}

async function swap(video, wanted, change) {
  const at = video.currentTime;
  video.querySelectorAll("source").forEach((one) => one.remove());
  video.removeAttribute("src");
  await change();
  if (at > 0.5) video.currentTime = at;
  if (wanted) video.play().catch(() => {});
}

async function adaptive(box, video, bar, wanted) {
  video.pause();
  let Hls;
  try {
    Hls = (await import(box.dataset.library)).default;
  } catch {
    Hls = null; // the plain file will do
  }
  if (!Hls?.isSupported()) return wanted && video.play().catch(() => {});
  const stingy = navigator.connection?.saveData === true;
  const hls = new Hls({
    enableWorker: false, // our policy lets no script come from a blob; fragmented MP4 needs hardly any work
    capLevelToPlayerSize: true,
    startLevel: stingy ? 0 : -1,
    maxBufferLength: stingy ? 8 : 20,
    maxMaxBufferLength: stingy ? 8 : 60,
  });
  box.hls = hls;
  let recovered = 0;
  let began = false;
  hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR && recovered++ < 2) return hls.recoverMediaError();
    hls.destroy();
    swap(video, began ? !video.paused : wanted, () => (video.src = box.dataset.file));
  });
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    began = true;
    if (stingy) {
      const small = hls.levels.findLastIndex((one) => Math.min(one.width, one.height) <= STINGY_LINES);
      hls.autoLevelCapping = Math.max(0, small);
    }
    qualities(bar, hls);
  });
  hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => (box.dataset.lines = hls.levels[level].height));
  await swap(video, false, () => {
    video.load();
    hls.loadSource(box.dataset.playlist);
    hls.attachMedia(video);
  });
  if (wanted) hls.once(Hls.Events.MANIFEST_PARSED, () => video.play().catch(() => {}));
}

// ── the strip: what is where in the film, before one goes there ──

async function strip(box, video) {
  const address = new URL(box.dataset.previews, location.href);
  const tiles = tilesOf(await (await fetch(address)).text(), address);
  const line = box.querySelector("[data-strip]");
  const shown = line.querySelector("[data-preview]");
  if (!tiles.length) return;
  const moment = (event) => {
    const { left, width } = line.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - left) / width)) * (video.duration || 0);
  };
  const show = (event) => {
    const at = moment(event);
    const tile = tiles.find((one) => at >= one.from && at < one.to) || tiles.at(-1);
    const room = line.clientWidth - tile.width;
    const middle = (at / (video.duration || 1)) * line.clientWidth - tile.width / 2;
    Object.assign(shown.style, {
      width: `${tile.width}px`,
      height: `${tile.height}px`,
      left: `${Math.max(0, Math.min(room, middle))}px`,
      backgroundImage: `url("${tile.picture}")`,
      backgroundPosition: `-${tile.left}px -${tile.top}px`,
    });
    shown.dataset.at = String(tile.from);
    shown.hidden = false;
  };
  line.addEventListener("pointermove", show);
  line.addEventListener("pointerdown", show);
  line.addEventListener("pointerleave", () => (shown.hidden = true));
  line.addEventListener("click", (event) => (video.currentTime = moment(event)));
  video.addEventListener("timeupdate", () => {
    line.style.setProperty("--done", `${(100 * video.currentTime) / (video.duration || 1)}%`);
  });
  line.hidden = false;
}

/** The lines of the list (WebVTT with parts of a picture) as objects. */
function tilesOf(text, address) {
  const seconds = (time) => time.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
  const lines = text.matchAll(/^([\d:.]+) --> ([\d:.]+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm);
  return [...lines].map(([, from, to, name, left, top, width, height]) => ({
    from: seconds(from),
    to: seconds(to),
    picture: new URL(name, address).href,
    left: Number(left),
    top: Number(top),
    width: Number(width),
    height: Number(height),
  }));
}

// ── what can be chosen ──

function qualities(bar, hls) {
  const select = bar.querySelector("[data-quality]");
  if (hls.levels.length < 2) return;
  select.querySelectorAll("option + option").forEach((one) => one.remove());
  hls.levels.forEach((level, place) => {
    select.add(new Option(`${Math.min(level.width, level.height)}p`, String(place)), 1);
  });
  select.addEventListener("change", () => (hls.nextLevel = Number(select.value)));
  select.closest("label").hidden = false;
}

function speeds(bar, video) {
  const select = bar.querySelector("[data-speed]");
  select.addEventListener("change", () => (video.playbackRate = Number(select.value)));
  video.addEventListener("ratechange", () => (select.value = String(video.playbackRate)));
}

function window_(bar, video) {
  const button = bar.querySelector("[data-window]");
  if (!document.pictureInPictureEnabled || video.disablePictureInPicture) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    if (document.pictureInPictureElement === video) document.exitPictureInPicture();
    else video.requestPictureInPicture().catch(() => {});
  });
}

// ── keys, while the video or its bar has the focus ──

function keys(box, video) {
  const acts = {
    k: () => (video.paused ? video.play() : video.pause()),
    j: () => (video.currentTime -= 2 * SEEK_S),
    l: () => (video.currentTime += 2 * SEEK_S),
    m: () => (video.muted = !video.muted),
    c: () => captions(video),
    f: () => (document.fullscreenElement ? document.exitFullscreen() : video.requestFullscreen?.()),
    "<": () => (video.playbackRate = Math.max(0.5, video.playbackRate - 0.25)),
    ">": () => (video.playbackRate = Math.min(2, video.playbackRate + 0.25)),
  };
  if (!video.matches(":focus")) {
    acts.ArrowLeft = () => (video.currentTime -= SEEK_S);
    acts.ArrowRight = () => (video.currentTime += SEEK_S);
  }
  for (let digit = 0; digit < 10; digit += 1) {
    acts[digit] = () => (video.currentTime = (video.duration || 0) * (digit / 10));
  }
  box.addEventListener("keydown", (event) => {
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input")) return;
    event.preventDefault();
    event.stopPropagation(); // the page has keys of its own
    Promise.resolve(act()).catch(() => {});
  });
}

function captions(video) {
  const tracks = [...video.textTracks].filter((one) => one.kind === "captions" || one.kind === "subtitles");
  const shown = tracks.findIndex((one) => one.mode === "showing");
  tracks.forEach((one) => (one.mode = "disabled"));
  if (tracks[shown + 1]) tracks[shown + 1].mode = "showing";
}
