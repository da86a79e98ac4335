// The list of conversations.

import { byId, h, icon, iconButton } from "./dom.js";

export class Rooms {
  constructor({ open, rename, remove }) {
    this.actions = { open, rename, remove };
    this.element = byId("rooms");
    this.rooms = [];
    this.unread = new Set();
    this.current = "";
  }

  get(id) {
    return this.rooms.find((room) => room.id === id);
  }

  set(rooms) {
    this.rooms = rooms;
    this.show();
  }

  enter(id) {
    this.current = id;
    this.unread.delete(id);
    this.show();
  }

  active({ room, at, mine }) {
    const found = this.get(room);
    if (found) found.at = Math.max(found.at, at);
    if (!mine && (room !== this.current || document.hidden)) this.unread.add(room);
    this.show();
  }

  seen() {
    if (this.unread.delete(this.current)) this.show();
  }

  show() {
    if (this.renaming) return;
    const focused = this.element.contains(document.activeElement) && document.activeElement.closest("li")?.dataset.id;
    const sorted = [...this.rooms].sort((one, other) => other.at - one.at);
    const parts = [];
    let before = "";
    for (const room of sorted) {
      const when = age(room.at);
      if (when !== before) parts.push(h("h2", {}, when), h("ul", {}));
      before = when;
      parts.at(-1).append(this.#item(room));
    }
    this.element.replaceChildren(...parts);
    if (focused) this.element.querySelector(`[data-id="${CSS.escape(focused)}"] a`)?.focus();
  }

  #item(room) {
    const current = room.id === this.current;
    const name = room.name || "New conversation";
    const link = h("a", { href: `#${room.id}`, "aria-current": current ? "page" : null, title: name }, name);
    link.addEventListener("click", (event) => (event.preventDefault(), this.actions.open(room.id)));
    link.addEventListener("keydown", (event) => {
      if (event.key === "F2") this.#rename(room, item);
      if (event.key === "Delete") this.#remove(room);
    });
    const item = h("li", { "data-id": room.id, class: current ? "current" : "" }, link);
    if (this.unread.has(room.id)) item.append(h("span", { class: "unread", role: "img", "aria-label": "Something new" }));
    const rename = iconButton("edit", `Rename “${name}”`, () => this.#rename(room, item));
    item.append(h("span", { class: "room-tools" }, rename, iconButton("trash", `Delete “${name}”`, () => this.#remove(room))));
    return item;
  }

  #rename(room, item) {
    this.renaming = true;
    const field = h("input", { type: "text", maxlength: 80, value: room.name, "aria-label": "Name of the conversation" });
    const finish = (keep) => {
      if (!this.renaming) return;
      this.renaming = false;
      const name = field.value.trim();
      if (keep && name && name !== room.name) {
        room.name = name;
        this.actions.rename(room.id, name);
      }
      this.show();
      this.element.querySelector(`[data-id="${CSS.escape(room.id)}"] a`)?.focus();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") finish(true);
      if (event.key === "Escape") finish(false);
      event.stopPropagation();
    });
    field.addEventListener("blur", () => finish(true));
    item.replaceChildren(field);
    field.focus();
    field.select();
  }

  async #remove(room) {
    if (await confirm(`Delete “${room.name || "this conversation"}”?`, "Its messages cannot be brought back.", "Delete")) {
      this.actions.remove(room.id);
    }
  }
}

function age(at) {
  const midnight = new Date().setHours(0, 0, 0, 0) / 1000;
  if (at >= midnight) return "Today";
  if (at >= midnight - 86_400) return "Yesterday";
  return at >= midnight - 6 * 86_400 ? "This week" : "Earlier";
}

function confirm(title, text, label) {
  return new Promise((resolve) => {
    const yes = h("button", { value: "yes", class: "button danger filled" }, label);
    const no = h("button", { value: "no", class: "button plain", autofocus: true }, "Cancel");
    const form = h("form", { method: "dialog" }, h("h2", {}, title), h("p", {}, text), h("div", { class: "row end" }, no, yes));
    const dialog = h("dialog", { class: "small" }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function newChatLabel() {
  return [icon("plus"), h("span", {}, "New conversation")];
}
