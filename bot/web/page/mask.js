// The page: its tools, its keys, and sending what was painted.

import { Hands } from "./hands.js";
import { Layer } from "./layer.js";
import { Sight } from "./sight.js";

const CLOSE_AFTER = 1600; // milliseconds in which the last sentence can be read
const ZOOM = 1.4;
const GROWTH = 1.2; // of the brush, for each press of a key

const byId = (id) => document.getElementById(id);
const sentences = JSON.parse(document.body.dataset.sentences);
const picture = byId("picture");
const words = byId("words");
const size = byId("size");
const go = byId("go");
const stage = byId("stage");

// Whoever shows this page; a browser, if nobody says otherwise.
const browser = { proof: "", dark: undefined, open() {}, close: () => window.close() };
const script = document.body.dataset.client;
const client = script ? await import(script) : browser;
if (client.dark !== undefined) document.documentElement.dataset.theme = client.dark ? "dark" : "light";
client.open();

let layer;
let sight;
let sending = false;
let sent = false;

const say = (sentence) => (byId("problem").textContent = sentence);
const tool = () => document.querySelector("input[name=tool]:checked").value;

picture.addEventListener("load", begin, { once: true });
picture.addEventListener("error", () => say(sentences.missing), { once: true });
picture.src = `${location.pathname}/picture`;

function begin() {
  const { naturalWidth: width, naturalHeight: height } = picture;
  layer = new Layer(byId("mask"), width, height);
  sight = new Sight(stage, byId("paper"), width, height);
  new Hands(stage, byId("ring"), layer, sight, () => ({ tool: tool(), size: Number(size.value) }), changed);
  go.disabled = false;
  choose(tool());
  changed();
}

function changed() {
  const focused = document.activeElement;
  byId("undo").disabled = byId("clear").disabled = !layer.steps.length;
  byId("redo").disabled = !layer.undone.length;
  if (focused.disabled) stage.focus(); // there is nothing more to undo: keys go on with painting
  const percent = Math.round(layer.share() * 1000) / 10;
  byId("share").textContent = sentences.share.replace("{percent}", percent < 10 ? percent : Math.round(percent));
  say("");
}

// --- tools ------------------------------------------------------------------------------------------

function choose(name) {
  document.querySelector(`input[name=tool][value=${name}]`).checked = true;
  stage.classList.toggle("brush", name !== "rectangle");
  size.disabled = name === "rectangle";
}

const does = (step) => () => {
  if (!layer) return;
  layer[step]();
  changed();
};
const acts = {
  undo: does("undo"),
  redo: does("redo"),
  invert: does("invert"),
  clear: does("clear"),
  closer: () => sight?.zoom(ZOOM),
  farther: () => sight?.zoom(1 / ZOOM),
  fit: () => sight?.fit(),
};
for (const [name, act] of Object.entries(acts)) byId(name).addEventListener("click", act);
for (const input of document.querySelectorAll("input[name=tool]")) input.addEventListener("change", () => choose(input.value));

const grow = (factor) => (size.value = Math.round(Number(size.value) * factor));
const keys = {
  b: () => choose("brush"),
  r: () => choose("rectangle"),
  e: () => choose("eraser"),
  i: acts.invert,
  "[": () => grow(1 / GROWTH),
  "]": () => grow(GROWTH),
  "+": acts.closer,
  "=": acts.closer,
  "-": acts.farther,
  0: acts.fit,
};

document.addEventListener("keydown", (event) => {
  if (event.target === words || event.altKey || byId("done").open) return;
  const key = event.key.toLowerCase();
  let act = null;
  if (event.ctrlKey || event.metaKey) act = { z: event.shiftKey ? acts.redo : acts.undo, y: acts.redo }[key];
  else if (key === "enter") act = event.target.closest("button, label") ? null : send;
  else act = keys[key];
  if (!act) return;
  event.preventDefault();
  act();
});

// --- sending ----------------------------------------------------------------------------------------

words.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
byId("order").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
addEventListener("beforeunload", (event) => {
  if (layer?.steps.length && !sent) event.preventDefault();
});

async function send() {
  if (!layer || sending || sent) return;
  sending = go.disabled = true;
  say("");
  layer.end();
  try {
    const body = new FormData();
    body.set("mask", await layer.png(), "mask.png");
    body.set("words", words.value);
    if (client.proof) body.set("proof", client.proof);
    const answer = await fetch(location.pathname, { method: "POST", body });
    const { said, error } = await answer.json();
    if (answer.ok) finish(said);
    else say(error);
  } catch {
    say(sentences.lost);
  } finally {
    sending = false;
    go.disabled = sent;
  }
}

function finish(sentence) {
  sent = true;
  const last = byId("done").querySelector("p");
  byId("done").showModal();
  last.textContent = sentence;
  last.focus();
  setTimeout(() => client.close(), CLOSE_AFTER);
}
