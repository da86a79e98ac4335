// One picture of the gallery, large, with all that is known of it and what can be done with it.

import { byId, copyText, fileUrl, h, icon, iconButton, player, toast } from "./dom.js";

const SWIPE = 50; // pixels
const DAY = { day: "numeric", month: "long", year: "numeric" };

export class Viewer {
  constructor({ act, roomName, family, loadMore, closed }) {
    this.use = { act, roomName, family, loadMore, closed };
    this.pictures = [];
    this.kin = null; // the family, while that is what is leafed through
    this.#build();
  }

  // The wall's pictures by now.
  list(pictures) {
    this.pictures = pictures;
    if (this.dialog.open && this.picture) this.#showArrows();
  }

  open(picture, pictures) {
    this.pictures = pictures;
    this.kin = null;
    this.dialog.append(byId("toasts")); // nothing outside of an open dialog can be seen or pressed
    this.dialog.showModal();
    this.#show(picture);
  }

  // --- what it looks like ---------------------------------------------------------------------------

  #build() {
    this.stage = h("div", { class: "stage" });
    this.back = iconButton("left", "Previous picture", () => this.#go(-1), { class: "icon-button back" });
    this.next = iconButton("right", "Next picture", () => this.#go(1), { class: "icon-button next" });
    this.close = iconButton("close", "Close", () => this.dialog.close(), { class: "icon-button close" });
    this.about = h("div", { class: "about" });
    const left = h("div", { class: "left" }, this.stage, this.back, this.next, this.close);
    this.dialog = h("dialog", { class: "viewer", "aria-label": "Picture", tabindex: -1 }, left, this.about);
    this.dialog.addEventListener("close", () => {
      document.body.append(byId("toasts"));
      this.use.closed(this.picture);
    });
    this.dialog.addEventListener("click", (event) => event.target === this.stage && this.dialog.close());
    document.addEventListener("keydown", (event) => {
      if (!this.dialog.open || document.querySelector("dialog.small")) return;
      if (event.key === "ArrowLeft") this.#go(-1);
      else if (event.key === "ArrowRight") this.#go(1);
    });
    this.#listenForSwipes(left);
    document.body.append(this.dialog);
  }

  #show(picture) {
    this.picture = picture;
    this.#showPicture(picture);
    this.#showAbout(picture);
    this.#showArrows();
    this.#fetchNeighbours();
    if (!this.dialog.contains(document.activeElement)) this.dialog.focus(); // what had it is gone
  }

  // One of its files; most pictures are one.
  #showPicture(picture, file = picture.files[0]) {
    const strip = picture.files.length > 1 && this.#strip(picture, file);
    if (!file.picture) {
      const save = h("a", { class: "button plain", href: fileUrl(file, true), download: file.name }, icon("save"), "Save");
      this.stage.replaceChildren(...[h("div", { class: "film" }, player(file) ?? icon("play"), save), strip].filter(Boolean));
      return;
    }
    const large = h("img", { src: fileUrl(file), alt: picture.prompt, draggable: "false" });
    if (picture.width && file.digest === picture.digest) {
      large.width = picture.width;
      large.height = picture.height;
    }
    large.style.setProperty("background-image", `url("/thumbs/${file.digest}")`);
    large.addEventListener("load", () => large.style.removeProperty("background-image"));
    large.addEventListener("error", () => large.replaceWith(h("p", { class: "gone" }, "This picture is not kept any more.")));
    this.stage.replaceChildren(...[large, strip].filter(Boolean));
  }

  #strip(picture, shown) {
    return h("div", { class: "strip" }, ...picture.files.map((file, place) => {
      const small = file.picture ? h("img", { src: `/thumbs/${file.digest}`, alt: "" }) : icon("play");
      const current = file === shown ? "true" : null;
      return h("button", { type: "button", "aria-label": `Picture ${place + 1}`, "aria-current": current, onclick: () => this.#showPicture(picture, file) }, small);
    }));
  }

  #showAbout(picture) {
    const room = this.use.roomName(picture.room);
    const when = new Date(picture.at * 1000);
    const facts = [
      ["Painted", `${when.toLocaleDateString(undefined, DAY)}, ${when.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })}`],
      picture.width && ["Size", `${picture.width} × ${picture.height}`],
      picture.seed && ["Seed", picture.seed],
      room !== undefined && ["In", room || "New conversation"],
    ].filter(Boolean);
    const kin = h("div", { class: "kin" });
    this.about.replaceChildren(
      picture.label && h("p", { class: "label" }, picture.label),
      h("p", { class: "prompt" }, picture.prompt),
      h("dl", {}, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      h("div", { class: "acts" }, ...this.#acts(picture, room !== undefined)),
      kin,
    );
    this.about.scrollTop = 0;
    this.#showFamily(picture, kin);
  }

  #acts(picture, inRoom) {
    const act = (name, words, does, more = {}) => h("button", { type: "button", class: "button plain", onclick: does, ...more }, icon(name), words);
    return [
      act("again", "Again", (event) => this.#ask("again", picture, event.currentTarget), { class: "button primary" }),
      picture.seeded && act("seed", "Again with this seed", (event) => this.#ask("seed", picture, event.currentTarget)),
      inRoom && h("a", { class: "button plain", href: `/#${picture.room}` }, icon("chat"), "Open in chat"),
      act("copy", "Copy the prompt", async () => toast((await copyText(picture.prompt)) ? "Copied" : "The browser does not let me copy.")),
      h("a", { class: "button plain", href: fileUrl(picture, true), download: picture.name }, icon("save"), "Save"),
      act("trash", "Delete", () => this.#delete(picture), { class: "button danger" }),
    ].filter(Boolean);
  }

  // --- the family -----------------------------------------------------------------------------------

  async #showFamily(picture, place) {
    let family = this.kin;
    try {
      family ??= await this.use.family(picture);
    } catch {
      return;
    }
    if (picture !== this.picture || family.length < 2) return;
    place.replaceChildren(h("h2", {}, "Family"), this.#branch(family, family.filter((each) => !family.some(({ id }) => id === each.parent))));
    if (this.kin) place.querySelector("[aria-current]").scrollIntoView({ block: "nearest" });
  }

  #branch(family, members) {
    return h("ul", {}, ...members.map((member) => {
      const children = family.filter(({ parent }) => parent === member.id);
      const shown = member.picture ? h("img", { src: `/thumbs/${member.digest}`, alt: "", loading: "lazy" }) : h("span", { class: "film" }, icon("play"));
      const current = member.id === this.picture.id;
      const go = h("button", { type: "button", "aria-current": current ? "true" : null, onclick: () => this.#goKin(family, member) }, shown, h("span", {}, member.label || "The first"));
      return h("li", {}, go, children.length > 0 && this.#branch(family, children));
    }));
  }

  #goKin(family, member) {
    this.kin = family;
    this.#show(member);
  }

  // --- moving ---------------------------------------------------------------------------------------

  get #row() {
    return this.kin ?? this.pictures;
  }

  get #place() {
    return this.#row.findIndex(({ id }) => id === this.picture.id);
  }

  #go(step) {
    const next = this.#row[this.#place + step];
    if (next) this.#show(next);
  }

  #showArrows() {
    this.back.hidden = this.#place <= 0;
    this.next.hidden = this.#place < 0 || this.#place >= this.#row.length - 1;
    if (!this.kin && this.#place >= this.pictures.length - 4) this.use.loadMore();
  }

  // What is likely to be looked at next is there already then.
  #fetchNeighbours() {
    for (const step of [1, -1]) {
      const next = this.#row[this.#place + step];
      if (next?.picture) new Image().src = fileUrl(next);
    }
  }

  #listenForSwipes(area) {
    let from = null;
    area.addEventListener("pointerdown", (event) => (from = event.pointerType === "mouse" || !event.isPrimary ? null : event));
    area.addEventListener("pointercancel", () => (from = null));
    area.addEventListener("pointerup", (event) => {
      if (!from || event.pointerId !== from.pointerId || visualViewport.scale > 1.05) return;
      const [x, y] = [event.clientX - from.clientX, event.clientY - from.clientY];
      from = null;
      if (Math.abs(x) > SWIPE && Math.abs(x) > 1.5 * Math.abs(y)) this.#go(x < 0 ? 1 : -1);
      else if (y > 2 * SWIPE && y > 1.5 * Math.abs(x)) this.dialog.close();
    });
  }

  // --- doing ----------------------------------------------------------------------------------------

  async #ask(verb, picture, button) {
    button.disabled = true;
    await this.use.act(verb, picture);
    button.disabled = false;
  }

  async #delete(picture) {
    if (!(await this.#sure())) return;
    const after = this.#row[this.#place + 1] ?? this.#row[this.#place - 1];
    if (!(await this.use.act("delete", picture))) return;
    if (this.kin) this.kin = this.kin.filter(({ id }) => id !== picture.id);
    if (after) this.#show(after);
    else this.dialog.close();
  }

  #sure() {
    const yes = h("button", { value: "yes", class: "button danger filled" }, "Delete");
    const no = h("button", { value: "no", class: "button plain", autofocus: true }, "Keep it");
    const words = h("p", {}, "It goes from the gallery and from the conversation, and cannot be brought back.");
    const form = h("form", { method: "dialog" }, h("h2", {}, "Delete this picture?"), words, h("div", { class: "row end" }, no, yes));
    const dialog = h("dialog", { class: "small" }, form);
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        dialog.remove();
        resolve(dialog.returnValue === "yes");
      });
      document.body.append(dialog);
      dialog.showModal();
    });
  }
}
