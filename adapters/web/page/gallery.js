// The gallery: a wall of pictures that grows as it is scrolled. One of them, large, is in viewer.js.

import { announce, byId, h, icon, newId, toast } from "./dom.js";
import { setUpTheme, signIn } from "./settings.js";
import { Viewer } from "./viewer.js";

const LOOK_AGAIN = 3000; // milliseconds, while something is being painted
const LOOK_FOR = 600_000;
const SEARCH_AFTER = 250;

await signIn();
const wall = byId("wall");
const words = byId("words");
const room = byId("room");
const end = byId("end");

let pictures = [];
let rooms = [];
let more = false;
let loading = null; // what is being loaded; a new search takes its place
let count = 0;

const viewer = new Viewer({
  act,
  roomName: (id) => rooms.find((each) => each.id === id)?.name,
  family: async (picture) => (await get(`/gallery/family/${picture.id}`)).pictures,
  loadMore: () => load(),
  closed: (picture) => wall.querySelector(`[data-id="${CSS.escape(picture.id)}"]`)?.focus(),
});

// --- loading ----------------------------------------------------------------------------------------

async function get(address, options) {
  const response = await fetch(address, options);
  if (response.status === 401) location.reload();
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

const address = (place = {}) => `/gallery/pictures?${new URLSearchParams({ words: words.value.trim(), room: room.value, ...place })}`;

// The next page; or the first, when what is looked for has changed.
async function load({ afresh = false } = {}) {
  if (!afresh && (loading || !more)) return;
  const mine = (loading = {});
  wall.setAttribute("aria-busy", "true");
  try {
    const found = await get(address(afresh ? {} : { older: pictures.at(-1).id }));
    if (mine !== loading) return;
    more = found.more;
    if (afresh) begin(found);
    add(found.pictures);
  } catch {
    if (mine === loading) end.replaceChildren("The pictures cannot be loaded. ", h("button", { type: "button", class: "linklike", onclick: () => load({ afresh }) }, "Try again"));
    return;
  } finally {
    if (mine === loading) {
      loading = null;
      wall.setAttribute("aria-busy", "false");
    }
  }
  showEnd();
  if (nearEnd()) load();
}

function begin(found) {
  pictures = [];
  wall.replaceChildren();
  count = found.count;
  rooms = found.rooms;
  showRooms();
}

function showRooms() {
  const chosen = room.value || new URLSearchParams(location.search).get("room") || "";
  const choices = rooms.map(({ id, name }) => h("option", { value: id }, name || "New conversation"));
  room.replaceChildren(h("option", { value: "" }, "All conversations"), ...choices);
  if (rooms.some(({ id }) => id === chosen)) room.value = chosen;
}

function add(found, { first = false } = {}) {
  const known = new Set(pictures.map(({ id }) => id));
  const fresh = found.filter(({ id }) => !known.has(id));
  const tiles = fresh.map(tile);
  if (first) {
    pictures.unshift(...fresh);
    wall.prepend(...tiles);
    count += fresh.length;
  } else {
    pictures.push(...fresh);
    wall.append(...tiles);
  }
  viewer.list(pictures);
}

function showEnd() {
  byId("count").textContent = count || "";
  end.textContent = "";
  if (pictures.length) return;
  const nothing = words.value.trim() || room.value;
  wall.replaceChildren(
    h(
      "div",
      { class: "empty" },
      icon("pictures"),
      h("h2", {}, nothing ? "Nothing here says that" : "No pictures yet"),
      h("p", {}, nothing ? "Try fewer words, or all conversations." : "Say /imagine and what you would like to see; it will hang here."),
      !nothing && h("a", { href: "/", class: "button primary" }, "To the chat"),
    ),
  );
}

// --- the wall ---------------------------------------------------------------------------------------

function tile(picture) {
  const label = picture.label ? `${picture.prompt} (${picture.label})` : picture.prompt;
  const show = picture.picture ? h("img", { src: `/thumbs/${picture.digest}`, alt: "", loading: "lazy", decoding: "async" }) : h("span", { class: "film" }, icon("play"));
  show.addEventListener("load", () => button.classList.add("here"));
  show.addEventListener("error", () => button.classList.add("missing"));
  const caption = h("span", { class: "caption" }, picture.label && h("b", {}, picture.label), h("span", {}, picture.prompt));
  const button = h("button", { type: "button", class: "tile", "data-id": picture.id, "aria-label": label }, show, caption);
  const ratio = picture.width && picture.height ? Math.min(2.6, Math.max(0.45, picture.width / picture.height)) : 1;
  button.style.setProperty("--ratio", ratio.toFixed(4));
  button.addEventListener("click", () => viewer.open(picture, pictures));
  return button;
}

// Arrow keys go from picture to picture, as they lie on the wall.
wall.addEventListener("keydown", (event) => {
  const tiles = [...wall.querySelectorAll(".tile")];
  const here = tiles.indexOf(document.activeElement);
  if (here < 0) return;
  const target = { ArrowLeft: () => tiles[here - 1], ArrowRight: () => tiles[here + 1], ArrowUp: () => across(tiles, here, -1), ArrowDown: () => across(tiles, here, 1) }[event.key]?.();
  if (!target) return;
  event.preventDefault();
  target.focus();
});

function across(tiles, here, step) {
  const from = tiles[here].getBoundingClientRect();
  const middle = from.left + from.width / 2;
  const beyond = tiles.filter((other) => (other.getBoundingClientRect().top - from.top) * step > 4);
  const nearest = step > 0 ? beyond[0] : beyond.at(-1);
  if (!nearest) return null;
  const top = nearest.getBoundingClientRect().top;
  const row = beyond.filter((other) => Math.abs(other.getBoundingClientRect().top - top) < 4);
  const distance = (other) => Math.abs(other.getBoundingClientRect().left + other.getBoundingClientRect().width / 2 - middle);
  return row.reduce((best, other) => (distance(other) < distance(best) ? other : best));
}

const nearEnd = () => more && end.getBoundingClientRect().top < innerHeight * 2.5;
new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && load(), { rootMargin: "150%" }).observe(end);

// --- going on with a picture ------------------------------------------------------------------------

async function act(verb, picture) {
  const body = JSON.stringify({ verb, job: picture.id, id: newId() });
  let answer;
  try {
    answer = await get("/gallery/press", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  } catch {
    toast("That did not work; please try again.", { alarming: true });
    return false;
  }
  if (answer.said.length) {
    toast(answer.said.join(" "), { alarming: true });
    return false;
  }
  if (verb === "delete") removed(picture);
  else painting(answer.room);
  return true;
}

function removed(picture) {
  pictures = pictures.filter(({ id }) => id !== picture.id);
  wall.querySelector(`[data-id="${CSS.escape(picture.id)}"]`)?.remove();
  count = Math.max(0, count - 1);
  viewer.list(pictures);
  showEnd();
  announce("Deleted");
}

let lookUntil = 0;
let looking = 0;

function painting(roomId) {
  const link = h("a", { href: `/#${roomId}` }, "Watch it in the chat");
  byId("toasts").append(expiring(h("div", { class: "toast", role: "status" }, "It is being painted, and will hang here. ", link)));
  lookUntil = Date.now() + LOOK_FOR;
  look();
}

function expiring(shown) {
  setTimeout(() => shown.remove(), 6000);
  return shown;
}

// Look for what has been finished since.
async function look() {
  clearTimeout(looking);
  if (!loading && !document.hidden) {
    try {
      if (!pictures.length) await load({ afresh: true });
      else {
        const found = await get(address({ newer: pictures[0].id }));
        add(found.pictures, { first: true });
        if (found.pictures.length) showEnd();
      }
    } catch {
      // The server is away; there is another time.
    }
  }
  if (Date.now() < lookUntil) looking = setTimeout(look, LOOK_AGAIN);
}

// --- the frame --------------------------------------------------------------------------------------

function search() {
  const asked = new URLSearchParams();
  if (words.value.trim()) asked.set("words", words.value.trim());
  if (room.value) asked.set("room", room.value);
  history.replaceState(null, "", `/gallery${asked.size ? `?${asked}` : ""}`);
  load({ afresh: true });
}

let typing = 0;
words.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, SEARCH_AFTER);
});
room.addEventListener("change", search);
byId("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  search();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, select, dialog")) return;
  event.preventDefault();
  words.focus();
});
document.addEventListener("visibilitychange", () => !document.hidden && look());

byId("back").append(icon("left"));
setUpTheme();
words.value = new URLSearchParams(location.search).get("words") ?? "";
const wanted = new URLSearchParams(location.search).get("room") ?? "";
if (wanted) room.replaceChildren(h("option", { value: wanted, selected: true }, "…"));
byId("app").hidden = false;
load({ afresh: true });
