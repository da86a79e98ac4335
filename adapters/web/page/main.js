// Puts the page together: the line to the server, the list, the conversation and the box.

import { Composer } from "./composer.js";
import { announce, byId, h, icon, memory, newId, toast } from "./dom.js";
import { Link } from "./link.js";
import { newChatLabel, Rooms } from "./rooms.js";
import { setUpSettings, setUpTheme, signIn, stillIn } from "./settings.js";
import { Thread } from "./thread.js";

const session = await signIn();
const link = new Link(session.person);
const app = byId("app");
const narrow = matchMedia("(max-width: 760px)");
let build = "";

const rooms = new Rooms({
  open: (id) => enter(id),
  rename: (id, name) => link.ask({ do: "rename", room: id, name }).then(showTitle, complain),
  remove: (id) => link.ask({ do: "delete", room: id }).catch(complain),
});

const thread = new Thread({
  press: (message, data) => {
    thread.pressed = Date.now();
    return link.ask({ do: "press", room: thread.room, message, data });
  },
  answer: (post, text, files) => link.ask({ do: "answer", post, text, files }),
  dismiss: (post) => link.ask({ do: "dismiss", post }),
  older: (room, before) => link.ask({ do: "older", room, before }),
  edit: (message) => composer.edit(message),
  focusComposer: () => narrow.matches || composer.focus(),
});

const composer = new Composer({
  send: ({ text, files, edited }) => say({ text, files, edit: edited?.id }),
  editLast: () => thread.lastOwn && composer.edit(thread.lastOwn),
  maxUpload: session.max_upload,
});

// --- saying something -------------------------------------------------------------------------------

function say({ text, files, edit, id = newId(), room = thread.room }) {
  if (!edit) thread.sending(id, { room, text, files });
  const tickets = files.map((file) => file.ticket);
  link.ask({ do: "say", room, text, files: tickets, edit: edit ?? "", shown: files }, { id, lasting: true }).then(
    () => thread.sent(id),
    (error) => {
      if (edit) complain(error);
      thread.refused(id, error.message, () => {
        composer.put(text);
        composer.restore(files);
      });
    },
  );
  if (!edit) thread.toEnd();
}

function complain(error) {
  toast(error.message, { alarming: true });
}

// --- conversations ----------------------------------------------------------------------------------

function enter(id, { replace = false } = {}) {
  closeSidebar();
  if (id === thread.room) return;
  thread.clear(id);
  rooms.enter(id);
  composer.enter(id);
  const address = `#${id}`;
  if (location.hash !== address) history[replace ? "replaceState" : "pushState"](null, "", address);
  showTitle();
  open();
  if (!narrow.matches) composer.focus();
}

const open = () => link.tell({ do: "open", room: thread.room, version: thread.version });

const startNew = () => {
  enter(newId());
  composer.focus();
};

function showTitle() {
  const name = rooms.get(thread.room)?.name || "New conversation";
  byId("title").textContent = name;
  document.title = `${rooms.unread.size ? "● " : ""}${name} · Chatelier`;
}

function showEmpty(commands) {
  const words = [
    ["Explain it to me", "Why is the sky blue? Explain it to a curious ten-year-old."],
    ["Compare", "Compare three ways to brew coffee, in a table."],
    ["Write code", "Write a Python function that finds prime numbers, with tests."],
  ];
  const examples = commands.filter(({ example }) => example).slice(0, 1);
  const ideas = [...examples.map(({ help, example }) => [help.replace(/\.$/, ""), example]), ...words];
  thread.empty.replaceChildren(
    h("img", { src: document.querySelector('link[rel="icon"]').href, alt: "", width: 56, height: 56 }),
    h("h2", {}, "What shall we make?"),
    h("p", {}, "Ask anything, paste a picture, or type ", h("kbd", {}, "/"), " for commands."),
    h(
      "div",
      { class: "ideas" },
      ...ideas.map(([title, text]) =>
        h("button", { type: "button", class: "idea", onclick: () => composer.put(text) }, h("b", {}, title), h("span", {}, text)),
      ),
    ),
  );
}

// --- what the server says ---------------------------------------------------------------------------

link.addEventListener("hello", ({ detail }) => {
  if (build && build !== detail.build) offerReload();
  build ||= detail.build;
  composer.commands = detail.commands;
  rooms.set(detail.rooms);
  showEmpty(detail.commands);
  if (thread.room) open();
  else enter(location.hash.slice(1) || detail.rooms[0]?.id || newId(), { replace: true });
  showTitle();
});
link.addEventListener("room", ({ detail }) => detail.room === thread.room && thread.fill(detail));
link.addEventListener("posts", ({ detail }) => {
  if (detail.room !== thread.room) return;
  thread.apply(detail.posts);
  if (!document.hidden) rooms.seen();
});
link.addEventListener("typing", ({ detail }) => detail.room === thread.room && thread.working(detail.busy));
link.addEventListener("rooms", ({ detail }) => {
  rooms.set(detail.rooms);
  showTitle();
});
link.addEventListener("activity", ({ detail }) => {
  rooms.active(detail);
  showTitle();
});
link.addEventListener("deleted", ({ detail }) => detail.room === thread.room && startNew());
link.addEventListener("notice", ({ detail }) => {
  if (detail.room === thread.room && thread.notice(detail)) return;
  const text = new DOMParser().parseFromString(detail.html, "text/html").body.textContent;
  toast(text.trim());
});
link.addEventListener("refused", ({ detail }) => toast(detail.error, { alarming: true }));
link.addEventListener("shut", async () => {
  if (!(await stillIn())) location.reload();
});

// --- the state of the line, shown as it is ----------------------------------------------------------

const SAID = { reconnecting: "Reconnecting…", offline: "You are offline", connected: "Connected" };
let hide = 0;
link.addEventListener("state", ({ detail: { state } }) => {
  const status = byId("status");
  const wasAway = status.dataset.state === "reconnecting" || status.dataset.state === "offline";
  clearTimeout(hide);
  document.body.dataset.line = state;
  status.dataset.state = state;
  status.textContent = SAID[state] ?? "";
  status.hidden = state === "connected" && !wasAway;
  if (state === "connected") hide = setTimeout(() => (status.hidden = true), 2000);
});

function offerReload() {
  const again = h("button", { type: "button", class: "linklike", onclick: () => location.reload() }, "Reload");
  byId("toasts").replaceChildren(h("div", { class: "toast", role: "status" }, "There is a newer version of this page. ", again));
}

// --- the frame --------------------------------------------------------------------------------------

function openSidebar() {
  document.body.classList.add("sidebar-open");
  byId("backdrop").hidden = false;
  byId("main").inert = true;
  byId("sidebar").inert = false;
  byId("close-sidebar").focus();
}

function closeSidebar() {
  if (!document.body.classList.contains("sidebar-open")) return;
  document.body.classList.remove("sidebar-open");
  byId("backdrop").hidden = true;
  fitSidebar();
  byId("open-sidebar").focus();
}

function fitSidebar() {
  byId("main").inert = false;
  byId("sidebar").inert = narrow.matches && !document.body.classList.contains("sidebar-open");
}

function setUpFrame() {
  byId("open-sidebar").append(icon("menu"));
  byId("close-sidebar").append(icon("close"));
  byId("new-chat").append(...newChatLabel());
  byId("new-chat-small").append(icon("plus"));
  byId("open-gallery").append(icon("pictures"));
  byId("connected").textContent = session.connected_to ? `Connected to ${session.connected_to}` : "";
  byId("open-sidebar").addEventListener("click", openSidebar);
  byId("close-sidebar").addEventListener("click", closeSidebar);
  byId("backdrop").addEventListener("click", closeSidebar);
  byId("new-chat").addEventListener("click", startNew);
  byId("new-chat-small").addEventListener("click", startNew);
  narrow.addEventListener("change", () => (closeSidebar(), fitSidebar()));
  fitSidebar();
  addEventListener("hashchange", () => location.hash.length > 1 && enter(location.hash.slice(1)));
  addEventListener("popstate", () => location.hash.length > 1 && enter(location.hash.slice(1)));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    rooms.seen();
    showTitle();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog");
    if (event.key === "Escape") closeSidebar();
    else if (event.altKey && event.code === "KeyN") startNew();
    else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) composer.focus();
    else return;
    if (event.key !== "Escape") event.preventDefault();
  });
}

setUpFrame();
setUpTheme();
setUpSettings(session, { renamed: () => link.reconnect() });
for (const { id, room, text, shown, edit } of link.leftOver) say({ id, room, text, files: shown, edit: edit || undefined });
app.hidden = false;
link.connect();
if (memory.get("welcomed") === undefined) {
  memory.set("welcomed", true);
  announce("Welcome. The message box is at the end of the page.");
}
