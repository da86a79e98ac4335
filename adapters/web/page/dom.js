// Elements and icons, made by hand: nothing here ever reads HTML from anywhere.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  plus: "M12 5v14M5 12h14",
  menu: "M4 7h16M4 12h16M4 17h10",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5M6 11l6-6 6 6",
  clip: "M20 11.500l-8.200 8.200a5.200 5.200 0 0 1-7.400-7.400l8.500-8.500a3.500 3.500 0 0 1 5 5l-8.500 8.400a1.700 1.700 0 0 1-2.500-2.400l7.700-7.700",
  copy: "M9 9h10v10a1 1 0 0 1-1 1H10a1 1 0 0 1-1-1V9zM5 15V5a1 1 0 0 1 1-1h9",
  check: "M5 12.500l4.500 4.500L19 7.500",
  edit: "M4 20h4L19 9a2.100 2.100 0 0 0-3-3L5 17l-1 3z",
  trash: "M5 7h14M10 7V4.500h4V7M7 7l.8 12.500h8.400L17 7M10.500 11v5M13.500 11v5",
  down: "M12 5v14M6 13l6 6 6-6",
  file: "M7 3.500h7l4 4V20a.5.5 0 0 1-.5.5h-10A.5.5 0 0 1 7 20V3.500zM14 3.500V8h4",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  gear: "M4 8h9M17 8h3M4 16h3M11 16h9M15 5.500v5M9 13.500v5",
  link: "M10 14L20 4M14 4h6v6M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
  pictures: "M4 6.500a1.500 1.500 0 0 1 1.500-1.500h13A1.500 1.500 0 0 1 20 6.500v11a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17.500zM4.500 16l4.500-4.500 4 4 2.500-2.500 4 4M15.500 8.500a1 1 0 1 0 0 .1",
  again: "M19 12a7 7 0 1 1-2.200-5.100M19.500 3.500v4h-4",
  seed: "M12 20v-8M12 12c0-4 2.500-6.500 7-7 0 4.500-2.500 7-7 7zM12 15c0-3-2-5-6-5.500 0 3.500 2 5.500 6 5.500z",
  tree: "M6 4v6a3 3 0 0 0 3 3h5M6 10v7a2 2 0 0 0 2 2h6M14 11h5v4h-5zM14 17h5v4h-5zM3.500 2.500h5v3h-5z",
  chat: "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-8l-4.500 4V16H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z",
  search: "M10.500 4.500a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l5 5",
  play: "M8 5.500v13l11-6.500z",
  warn: "M12 4l9 16H3L12 4zM12 10v4.500M12 17.300v.2",
};

// h("button", { class: "x", onclick: … }, "words", element): an element with its children.
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onclick, props = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...props }, icon(name));
}

export const byId = (id) => document.getElementById(id);

export function announce(text) {
  const place = byId("announcer");
  place.textContent = "";
  requestAnimationFrame(() => (place.textContent = text));
}

// A sentence that goes away by itself; for what is not worth a place in the conversation.
export function toast(text, { alarming = false } = {}) {
  const shown = h("div", { class: alarming ? "toast alarming" : "toast", role: alarming ? "alert" : "status" }, text);
  byId("toasts").append(shown);
  setTimeout(() => shown.remove(), Math.max(4000, text.length * 70));
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without HTTPS there is no clipboard but the old way.
    const area = h("textarea", { class: "unseen", value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export const megabytes = (size) =>
  size >= 1_000_000 ? `${(size / 1_000_000).toFixed(1)} MB` : size >= 1000 ? `${Math.round(size / 1000)} kB` : `${size} bytes`;

export const fileUrl = (file, save = false) =>
  `/files/${file.digest}?name=${encodeURIComponent(file.name)}${save ? "&save" : ""}`;

// What plays a song or a clip; nothing for any other file.
export function player(file) {
  const sounds = /^audio\//.test(file.type ?? "") || /\.(mp3|m4a|wav|ogg|flac)$/.test(file.name);
  const moves = /^video\//.test(file.type ?? "") || /\.(mp4|webm)$/.test(file.name);
  if (!sounds && !moves) return undefined;
  const props = { src: fileUrl(file), controls: true, preload: "metadata", "aria-label": file.name };
  return sounds ? h("audio", props) : h("video", { ...props, playsinline: true });
}

// Small choices that outlive the page. Without storage they do not.
export const memory = {
  get(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      if (value === undefined) localStorage.removeItem(name);
      else localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // Full or switched off: the page works without.
    }
  },
};

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
