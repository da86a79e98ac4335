// The box to write in: text, files, and a menu of commands.

import { byId, h, icon, iconButton, megabytes, memory } from "./dom.js";

const MAX_TEXT = 100_000;
const MAX_FILES = 10;
const touch = matchMedia("(pointer: coarse)");

export class Composer {
  constructor({ send, editLast, maxUpload }) {
    this.send = send;
    this.editLast = editLast;
    this.maxUpload = maxUpload;
    this.commands = [];
    this.files = []; // { name, shown, ticket, element, abort }
    this.form = byId("composer");
    this.menu = h("ul", { id: "commands", role: "listbox", "aria-label": "Commands", hidden: true });
    this.box = h("textarea", {
      id: "box",
      rows: 1,
      placeholder: "Message, or / for commands",
      "aria-label": "Message",
      "aria-controls": "commands",
      "aria-autocomplete": "list",
      enterkeyhint: touch.matches ? "enter" : "send",
    });
    this.tray = h("div", { class: "tray", hidden: true });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.editing = h("div", { class: "editing", hidden: true }, icon("edit"), h("span", {}, "Editing your last message"));
    this.editing.append(iconButton("close", "Cancel editing", () => this.cancelEdit()));
    this.picker = h("input", { type: "file", multiple: true, hidden: true, "aria-hidden": "true", tabindex: -1 });
    this.attach = iconButton("clip", "Add pictures or files", () => this.picker.click());
    this.button = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send", disabled: true }, icon("send"));
    const line = h("div", { class: "line" }, this.attach, this.picker, this.box, this.button);
    this.form.append(this.menu, this.editing, this.tray, this.problem, line);
    this.#listen();
    this.#changed();
  }

  #listen() {
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.#submit()));
    this.box.addEventListener("input", () => this.#changed());
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("blur", () => this.#closeMenu()); // a press on the menu keeps the focus
    this.box.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      this.add(files);
    });
    this.picker.addEventListener("change", () => {
      this.add([...this.picker.files]);
      this.picker.value = "";
      this.box.focus();
    });
    const main = byId("main");
    let depth = 0;
    const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
    main.addEventListener("dragenter", (event) => {
      if (carriesFiles(event)) main.classList.toggle("dropping", (depth += 1) > 0);
    });
    main.addEventListener("dragleave", (event) => {
      if (carriesFiles(event)) main.classList.toggle("dropping", (depth -= 1) > 0);
    });
    main.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    main.addEventListener("drop", (event) => {
      depth = 0;
      main.classList.remove("dropping");
      if (!carriesFiles(event)) return;
      event.preventDefault();
      this.add([...event.dataTransfer.files]);
    });
  }

  // --- rooms and drafts -------------------------------------------------------------------------

  enter(room) {
    this.cancelEdit();
    this.room = room;
    this.#clearFiles();
    this.complain("");
    this.box.value = memory.get(`draft.${room}`, "");
    this.#changed();
  }

  put(text, { focus = true } = {}) {
    this.box.value = text;
    this.#changed();
    if (!focus) return;
    this.box.focus();
    this.box.setSelectionRange(text.length, text.length);
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  edit(message) {
    this.edited = message;
    this.editing.hidden = false;
    this.#clearFiles();
    this.put(message.text);
  }

  cancelEdit() {
    if (!this.edited) return;
    this.edited = null;
    this.editing.hidden = true;
    this.put("", { focus: false });
  }

  complain(text) {
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }

  // --- sending ----------------------------------------------------------------------------------

  get #uploading() {
    return this.files.some((file) => !file.ticket);
  }

  #submit() {
    const text = this.box.value.replace(/^\n+|\s+$/g, "");
    if (!text && !this.files.length) return;
    this.eager = this.#uploading; // sent as soon as the last file is up
    this.form.classList.toggle("eager", this.eager);
    if (this.eager) return;
    if (text.length > MAX_TEXT) {
      this.complain(`That is too long: ${MAX_TEXT.toLocaleString()} characters are the most I take.`);
      return;
    }
    const edited = this.edited;
    const files = this.files.map(({ shown, ticket }) => ({ ...shown, ticket }));
    this.edited = null;
    this.editing.hidden = true;
    this.#clearFiles();
    this.complain("");
    this.put("");
    this.send({ text, files, edited });
  }

  #changed() {
    const { box } = this;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, innerHeight * 0.4)}px`;
    this.button.disabled = !box.value.trim() && !this.files.length;
    if (this.room && !this.edited) memory.set(`draft.${this.room}`, box.value || undefined);
    this.#offer();
  }

  #key(event) {
    if (event.isComposing) return;
    if (!this.menu.hidden && this.#menuKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && (!touch.matches || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.edited) {
      event.preventDefault();
      this.cancelEdit();
    } else if (event.key === "ArrowUp" && !this.box.value) {
      event.preventDefault();
      this.editLast();
    }
  }

  // --- commands ---------------------------------------------------------------------------------

  #offer() {
    const typed = /^[/／]([\w-]*)$/.exec(this.box.value);
    const offered = typed ? this.commands.filter(({ name }) => name.startsWith(typed[1].toLowerCase())) : [];
    if (!offered.length) {
      this.#closeMenu();
      return;
    }
    this.offered = offered;
    this.menu.replaceChildren(
      ...offered.map((command, place) => {
        const usage = command.usage.slice(command.name.length + 1);
        const item = h(
          "li",
          { id: `command-${place}`, role: "option" },
          h("span", { class: "command-usage" }, h("b", {}, `/${command.name}`), usage),
          h("span", { class: "command-help" }, command.help),
        );
        item.addEventListener("pointerdown", (down) => down.preventDefault());
        item.addEventListener("click", () => this.#choose(place));
        return item;
      }),
    );
    this.menu.hidden = false;
    this.#mark(0);
  }

  #closeMenu() {
    this.menu.hidden = true;
    this.box.removeAttribute("aria-activedescendant");
  }

  #mark(place) {
    this.marked = (place + this.offered.length) % this.offered.length;
    [...this.menu.children].forEach((item, index) => item.setAttribute("aria-selected", index === this.marked));
    this.menu.children[this.marked].scrollIntoView({ block: "nearest" });
    this.box.setAttribute("aria-activedescendant", `command-${this.marked}`);
  }

  #menuKey(event) {
    const exact = this.box.value.slice(1) === this.offered[this.marked].name;
    if (event.key === "ArrowDown") this.#mark(this.marked + 1);
    else if (event.key === "ArrowUp") this.#mark(this.marked - 1);
    else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !exact)) this.#choose(this.marked);
    else if (event.key === "Escape") this.#closeMenu();
    else return false;
    event.preventDefault();
    return true;
  }

  // A command that takes something waits for it; any other is complete.
  #choose(place) {
    const { name, usage } = this.offered[place];
    this.put(usage === `/${name}` ? `/${name}` : `/${name} `);
    this.#closeMenu();
  }

  // --- files ------------------------------------------------------------------------------------

  add(files) {
    this.complain("");
    for (const file of files) {
      if (this.files.length >= MAX_FILES) this.complain(`At most ${MAX_FILES} files go with one message.`);
      else if (file.size > this.maxUpload) this.complain(tooLarge(file, this.maxUpload));
      else this.#upload(file);
    }
  }

  #upload(file) {
    const name = file.name || "picture.png";
    const picture = file.type.startsWith("image/");
    const address = picture ? URL.createObjectURL(file) : "";
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Uploading ${name}` });
    const element = h("div", { class: picture ? "attached picture" : "attached" });
    if (picture) element.append(h("img", { src: address, alt: name }));
    else element.append(icon("file"), h("span", { class: "file-name" }, name), h("span", { class: "file-size" }, megabytes(file.size)));
    const request = new XMLHttpRequest();
    const item = { name, element, abort: () => request.abort(), address };
    element.append(bar, iconButton("close", `Remove ${name}`, () => (this.#drop(item), this.focus())));
    this.files.push(item);
    this.tray.append(element);
    this.tray.hidden = false;
    request.open("POST", `/upload?name=${encodeURIComponent(name)}`);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded, total }) => (bar.value = loaded / total));
    request.addEventListener("load", () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // A proxy in between speaks no JSON.
      }
      if (request.status === 200) {
        const { ticket, ...shown } = answer;
        Object.assign(item, { ticket, shown });
        bar.remove();
        this.#changed();
        if (this.eager) this.#submit();
      } else {
        this.#drop(item);
        this.complain(answer.error || `${name} could not be uploaded.`);
      }
    });
    request.addEventListener("error", () => {
      this.#drop(item);
      this.complain(`${name} could not be uploaded: there is no connection.`);
    });
    request.send(file);
    this.#changed();
  }

  #drop(item) {
    this.files = this.files.filter((file) => file !== item);
    this.eager = false; // without it, the message may not be what was meant
    item.abort();
    item.element.remove();
    if (item.address) URL.revokeObjectURL(item.address);
    this.tray.hidden = !this.files.length;
    this.#changed();
  }

  // Put back what the server has already.
  restore(files) {
    for (const { ticket, ...shown } of files) {
      const item = { name: shown.name, shown, ticket, abort() {}, element: h("div", { class: "attached" }) };
      item.element.append(icon("file"), h("span", { class: "file-name" }, shown.name));
      item.element.append(iconButton("close", `Remove ${shown.name}`, () => this.#drop(item)));
      this.files.push(item);
      this.tray.append(item.element);
    }
    this.tray.hidden = !this.files.length;
    this.#changed();
  }

  #clearFiles() {
    for (const item of [...this.files]) this.#drop(item);
  }
}

const tooLarge = (file, most) =>
  `${file.name || "That file"} is ${megabytes(file.size)}; ${megabytes(most)} is the most I take.`;
