// One message on the page, brought up to date piece by piece.

import { copyText, fileUrl, h, icon, iconButton, megabytes, memory, player } from "./dom.js";
import { openLightbox } from "./lightbox.js";
import { sheetLink } from "./sheet.js";

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function makeMessage(data, actions) {
  if (data.kind === "theirs") return new Theirs(data, actions);
  if (data.kind === "question") return new Asked(data, actions);
  if (data.kind === "notice") return new Notice(data, actions);
  return new Ours(data, actions);
}

class Message {
  constructor(data, kind, label) {
    this.id = data.id;
    this.kind = data.kind;
    this.version = 0;
    this.element = h("article", { class: `message ${kind}`, "data-id": data.id, "aria-label": label });
    const at = new Date(data.at * 1000);
    this.time = h("time", { datetime: at.toISOString(), title: day.format(at) }, time.format(at));
  }

  // A copy from before what is shown already says nothing new.
  update(data) {
    if (data.v < this.version) return;
    this.version = data.v;
    this.show(data);
  }
}

// --- what we say ------------------------------------------------------------------------------

class Ours extends Message {
  constructor(data, actions) {
    super(data, "ours", "Answer");
    this.actions = actions;
    this.rest = {};
    this.shown = {};
    this.text = new Blocks(h("div", { class: "md" }));
    this.thoughts = new Blocks(h("div", { class: "md" }));
    this.folded = h("details", { class: "thoughts", hidden: true }, h("summary", {}, "Thoughts"), this.thoughts.element);
    this.images = h("div", { class: "images", hidden: true });
    this.progress = h("div", { class: "progress", hidden: true });
    this.files = h("div", { class: "files", hidden: true });
    this.note = h("p", { class: "note", hidden: true });
    this.forms = h("div", { class: "forms" });
    this.buttons = h("div", { class: "buttons", hidden: true });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.copy = iconButton("copy", "Copy this answer", () => this.#copy());
    this.foot = h("div", { class: "foot" }, this.note, this.copy, this.time);
    const parts = [this.folded, this.text.element, this.images, this.progress, this.files, this.foot];
    this.element.append(...parts, this.buttons, this.problem, this.forms);
    this.update(data);
  }

  get growing() {
    return Boolean(this.rest.growing);
  }

  show(data) {
    if (data.text) this.text.replace(data.text_from, data.text);
    if (data.thoughts) this.thoughts.replace(data.thoughts_from, data.thoughts);
    if (data.rest) this.rest = data.rest;
    const rest = this.rest;
    this.folded.hidden = this.thoughts.empty;
    this.text.element.hidden = this.text.empty;
    const waiting = rest.growing && this.text.empty && !rest.images?.length;
    this.element.classList.toggle("growing", Boolean(rest.growing));
    this.element.classList.toggle("waiting", Boolean(waiting));
    const card = Boolean(rest.images?.length || typeof rest.progress === "number");
    this.element.classList.toggle("card", card);
    this.element.setAttribute("aria-busy", rest.growing ? "true" : "false");
    this.folded.firstChild.textContent = waiting && !this.thoughts.empty ? "Thinking…" : "Thoughts";
    this.copy.hidden = card || !rest.markdown;
    this.foot.hidden = !rest.note && this.copy.hidden;
    this.#part("images", this.images, [rest.images, rest.spoiler], () => this.#showImages());
    this.#part("progress", this.progress, rest.progress, () => this.#showProgress());
    this.#part("files", this.files, rest.files, () => this.#showFiles());
    this.#part("note", this.note, rest.note, () => (this.note.textContent = rest.note));
    this.#part("buttons", this.buttons, rest.buttons, () => this.#showButtons());
    this.images.hidden = !rest.images?.length;
    this.progress.hidden = typeof rest.progress !== "number";
    this.files.hidden = !rest.files?.length;
    this.note.hidden = !rest.note;
    this.buttons.hidden = !rest.buttons?.length;
  }

  // Only what has changed is made again, so that focus and pressed buttons stay what they are.
  #part(name, element, state, make) {
    const key = JSON.stringify(state ?? null);
    if (this.shown[name] === key) return;
    this.shown[name] = key;
    make();
  }

  #showProgress() {
    const percent = this.rest.progress;
    if (typeof percent !== "number") return;
    let bar = this.progress.querySelector("progress");
    if (!bar) {
      bar = h("progress", { max: 100, "aria-label": "Progress" });
      this.progress.append(bar, h("span", { class: "percent" }));
    }
    bar.value = percent;
    this.progress.lastChild.textContent = `${percent} %`;
  }

  #showImages() {
    const { images = [], spoiler } = this.rest;
    this.images.dataset.count = Math.min(images.length, 4);
    this.images.classList.toggle("spoiler", Boolean(spoiler));
    while (this.images.children.length > images.length) this.images.lastChild.remove();
    images.forEach((image, place) => {
      const old = this.images.children[place];
      if (!old) this.images.append(this.#picture(image, place));
      else if (old.dataset.digest !== image.digest) sharpen(old, image);
    });
  }

  #picture(image, place) {
    const label = image.alt || image.name || "Picture";
    const shown = h("img", { src: fileUrl(image), alt: label, loading: "lazy", decoding: "async", width: image.width || null, height: image.height || null });
    shown.addEventListener("error", () => frame.classList.add("missing"));
    const frame = h("button", { type: "button", class: "picture", "data-digest": image.digest, "aria-label": `Open: ${label}` }, shown);
    frame.addEventListener("click", () => {
      if (this.images.classList.contains("spoiler")) this.images.classList.remove("spoiler");
      else openLightbox(this.rest.images, place);
    });
    return frame;
  }

  #showFiles() {
    this.files.replaceChildren(...this.rest.files.map((file) => fileBlock(file)));
  }

  #showButtons() {
    // On a phone, rows with long words stand in two columns.
    const wordy = (row) => row.length > 1 && row.reduce((length, { label }) => length + label.length, 0) > 24;
    this.buttons.replaceChildren(
      ...this.rest.buttons.map((row) =>
        h("div", { class: wordy(row) ? "row wordy" : "row" }, ...row.map((button) => this.#button(button))),
      ),
    );
  }

  #button(button) {
    if (button.url) {
      const link = { class: "button", href: button.url, target: "_blank", rel: "noopener noreferrer nofollow" };
      if (button.url.startsWith("/mask/")) return sheetLink(button.label, button.url);
      return /^https?:/.test(button.url) ? h("a", link, button.label, icon("link")) : h("span", {}, button.label);
    }
    const done = button.style === "done" && icon("check");
    const element = h("button", { type: "button", class: `button ${button.style}`, "data-data": button.data }, done, button.label);
    element.addEventListener("click", () => this.#press(element, button));
    return element;
  }

  // It shows at once that it was taken, and says so if it was not.
  async #press(element, button) {
    if (element.classList.contains("taken")) return;
    element.classList.add("taken");
    element.setAttribute("aria-busy", "true");
    this.problem.hidden = true;
    try {
      await this.actions.press(this.id, button.data);
    } catch (error) {
      this.complain(error.message);
    } finally {
      element.classList.remove("taken");
      element.removeAttribute("aria-busy");
    }
  }

  complain(text) {
    this.problem.textContent = text;
    this.problem.hidden = false;
  }

  // A sentence for whoever pressed a button here, as the server has made and cleaned it.
  tell(html) {
    this.problem.innerHTML = html;
    this.problem.hidden = false;
  }

  async #copy() {
    if (!(await copyText(this.rest.markdown))) return;
    this.copy.replaceChildren(icon("check"));
    setTimeout(() => this.copy.replaceChildren(icon("copy")), 1600);
  }

  get spoken() {
    return this.text.element.textContent.trim();
  }
}

// Blocks of HTML that the server has made and cleaned; only those that differ are touched.
class Blocks {
  constructor(element) {
    this.element = element;
    this.html = [];
  }

  get empty() {
    return this.html.length === 0;
  }

  replace(from, blocks) {
    const all = [...this.html.slice(0, from), ...blocks];
    while (this.element.children.length > all.length) this.element.lastChild.remove();
    for (let place = Math.min(from, this.html.length); place < all.length; place += 1) {
      if (this.html[place] === all[place]) continue;
      const block = h("div", { class: "block" });
      block.innerHTML = all[place];
      for (const code of block.querySelectorAll(".code:not(.more)")) code.prepend(codeBar(code.dataset.lang));
      for (const pre of block.querySelectorAll("pre, .table, .formula")) pre.tabIndex = 0; // they scroll
      const old = this.element.children[place];
      if (old) old.replaceWith(block);
      else this.element.append(block);
    }
    this.html = all;
  }
}

function codeBar(language) {
  const button = h("button", { type: "button", class: "copy-code" }, icon("copy"), h("span", {}, "Copy"));
  button.addEventListener("click", async () => {
    if (!(await copyText(codeOf(button.closest(".code"))))) return;
    button.replaceChildren(icon("check"), h("span", {}, "Copied"));
    setTimeout(() => button.replaceChildren(icon("copy"), h("span", {}, "Copy")), 1600);
  });
  return h("div", { class: "code-bar" }, h("span", {}, language ?? ""), button);
}

// A long block that still grows comes in several pieces.
function codeOf(code) {
  let text = code.querySelector("code").textContent;
  for (let next = code.closest(".block").nextElementSibling; next; next = next.nextElementSibling) {
    const more = next.querySelector(":scope > .code.more code");
    if (!more) break;
    text += more.textContent;
  }
  return text;
}

// The next preview takes the place of the last one only when it is there.
function sharpen(frame, image) {
  frame.dataset.digest = image.digest;
  frame.classList.remove("missing");
  const shown = frame.querySelector("img");
  const next = new Image();
  const swap = () => {
    if (frame.dataset.digest !== image.digest) return;
    if (image.width) Object.assign(shown, { width: image.width, height: image.height });
    shown.src = next.src;
    shown.alt = image.alt || image.name || "Picture";
  };
  next.addEventListener("load", swap);
  next.src = fileUrl(image);
}

// Songs and clips play in place; anything else is to be saved.
function fileBlock(file) {
  const plays = player(file);
  return plays ? h("div", { class: "played" }, plays, fileChip(file)) : fileChip(file);
}

function fileChip(file) {
  return h(
    "a",
    { class: "file", href: fileUrl(file, true), download: file.name },
    icon("file"),
    h("span", { class: "file-name" }, file.name),
    h("span", { class: "file-size" }, megabytes(file.size)),
    icon("save"),
  );
}

// --- what people say --------------------------------------------------------------------------

export function saidBody(text, files) {
  const pictures = files.filter((file) => file.type.startsWith("image/"));
  const others = files.filter((file) => !file.type.startsWith("image/"));
  return [
    pictures.length > 0 &&
      h(
        "div",
        { class: "images", "data-count": Math.min(pictures.length, 4) },
        ...pictures.map((file, place) => {
          const props = { src: fileUrl(file), alt: file.name, width: file.width, height: file.height };
          const picture = h("img", { ...props, loading: "lazy", decoding: "async" });
          const open = () => openLightbox(pictures, place);
          return h("button", { type: "button", class: "picture", "aria-label": `Open: ${file.name}`, onclick: open }, picture);
        }),
      ),
    others.length > 0 && h("div", { class: "files" }, ...others.map(fileBlock)),
    text && h("div", { class: "bubble" }, text),
  ].filter(Boolean);
}

class Theirs extends Message {
  constructor(data, actions) {
    super(data, "theirs", "You");
    this.key = data.key;
    this.body = h("div", { class: "said" });
    this.edit = iconButton("edit", "Edit this message", () => actions.edit(this), { class: "icon-button edit" });
    this.edited = h("span", { class: "edited", hidden: true }, "edited");
    this.element.append(this.body, h("div", { class: "tools" }, this.edit, this.edited, this.time));
    this.update(data);
  }

  show(data) {
    this.text = data.text;
    this.files = data.files;
    this.edited.hidden = !data.edited;
    this.body.replaceChildren(...saidBody(data.text, data.files));
  }
}

// --- questions and notices --------------------------------------------------------------------

class Asked extends Message {
  constructor(data, actions) {
    super(data, "asked", data.title);
    this.about = data.about;
    this.actions = actions;
    this.version = data.v;
    const props = { id: `answer-${data.id}`, class: "answer", required: true };
    // What was typed and not sent is still there after a reload.
    this.draft = `draft.${data.id}`;
    const value = memory.get(this.draft, data.default);
    if (data.files) this.field = h("input", { ...props, type: "file", accept: "image/*", multiple: data.files > 1 });
    else if (data.multiline) this.field = h("textarea", { ...props, rows: 3, value });
    else this.field = h("input", { ...props, type: "text", value });
    this.data = data;
    this.send = h("button", { type: "submit", class: "button primary" }, "Send");
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    const cancel = h("button", { type: "button", class: "button plain", onclick: () => this.#finish("dismiss") }, "Cancel");
    this.form = h(
      "form",
      { class: "question" },
      h("label", { for: props.id }, data.title),
      this.field,
      this.problem,
      h("div", { class: "row" }, this.send, cancel),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#finish("answer");
    });
    if (!data.files) this.field.addEventListener("input", () => memory.set(this.draft, this.field.value));
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.form.requestSubmit();
      } else if (event.key === "Escape") {
        event.preventDefault();
        this.#finish("dismiss");
      }
    });
    this.element.append(this.form);
  }

  show() {}

  focus() {
    this.field.focus();
    this.field.select();
  }

  async #finish(how) {
    this.form.classList.add("taken");
    this.send.disabled = true;
    this.problem.hidden = true;
    try {
      if (this.data.files && how === "answer") await this.actions.answer(this.id, "", await this.#upload());
      else await this.actions[how](this.id, this.field.value);
      memory.set(this.draft, undefined);
    } catch (error) {
      this.problem.textContent = error.message;
      this.problem.hidden = false;
      this.form.classList.remove("taken");
      this.send.disabled = false;
    }
  }

  async #upload() {
    const { files, fewest } = this.data;
    const given = [...this.field.files];
    const wanted = files === fewest ? `${files}` : `${fewest} to ${files}`;
    if (given.length < fewest || given.length > files) throw new Error(`Choose ${wanted}, not ${given.length}.`);
    const tickets = [];
    for (const file of given) tickets.push(await uploaded(file));
    return tickets;
  }
}

async function uploaded(file) {
  const headers = { "Content-Type": file.type || "application/octet-stream" };
  const response = await fetch(`/upload?name=${encodeURIComponent(file.name)}`, { method: "POST", headers, body: file });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `${file.name} could not be uploaded.`);
  return answer.ticket;
}

class Notice extends Message {
  constructor(data, actions) {
    super(data, "notice", "Notice");
    this.version = data.v;
    this.body = h("div", { class: "md" });
    this.element.append(icon("warn"), this.body, iconButton("close", "Dismiss", () => actions.dismiss(this.id)));
    this.show(data);
  }

  show(data) {
    this.body.innerHTML = data.html;
  }

  get spoken() {
    return this.body.textContent.trim();
  }
}
