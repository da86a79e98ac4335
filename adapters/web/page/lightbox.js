// Pictures, large. The browser's own dialog keeps the focus inside and gives it back.

import { fileUrl, h, icon, iconButton } from "./dom.js";

let box;

export function openLightbox(images, place) {
  box ??= new Lightbox();
  box.open(images, place);
}

class Lightbox {
  constructor() {
    this.picture = h("img", { alt: "" });
    this.caption = h("p", {});
    this.back = iconButton("left", "Previous picture", () => this.#go(-1));
    this.next = iconButton("right", "Next picture", () => this.#go(1));
    this.save = h("a", { class: "icon-button", "aria-label": "Save", title: "Save" }, icon("save"));
    const close = iconButton("close", "Close", () => this.dialog.close());
    this.dialog = h(
      "dialog",
      { class: "lightbox", "aria-label": "Picture" },
      h("div", { class: "lightbox-bar" }, this.caption, this.save, close),
      h("div", { class: "lightbox-stage" }, this.back, this.picture, this.next),
    );
    this.dialog.addEventListener("click", (event) => {
      if (!event.target.closest("img, button, a")) this.dialog.close();
    });
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.#go(-1);
      if (event.key === "ArrowRight") this.#go(1);
    });
    document.body.append(this.dialog);
  }

  open(images, place) {
    this.images = images;
    this.place = place;
    this.#show();
    this.dialog.showModal();
  }

  #go(step) {
    this.place = (this.place + step + this.images.length) % this.images.length;
    this.#show();
  }

  #show() {
    const image = this.images[this.place];
    const label = image.alt || image.name;
    this.picture.src = fileUrl(image);
    this.picture.alt = label;
    const many = this.images.length > 1;
    this.caption.textContent = many ? `${label} (${this.place + 1} of ${this.images.length})` : label;
    this.save.href = fileUrl(image, true);
    this.save.download = image.name;
    this.back.hidden = this.next.hidden = !many;
  }
}
