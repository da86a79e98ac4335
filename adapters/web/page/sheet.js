// A page of ours that is opened over the chat, and says itself when it is done.

import { h, icon, iconButton } from "./dom.js";

// With a key held, or the middle button, it is a link like any other.
export function sheetLink(label, address) {
  const link = h("a", { class: "button", href: address, target: "_blank", rel: "noopener" }, label, icon("edit"));
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(label, address);
  });
  return link;
}

function open(label, address) {
  const frame = h("iframe", { src: address, title: label });
  const close = iconButton("close", "Close", () => dialog.close());
  const dialog = h("dialog", { class: "sheet", "aria-label": label }, frame, close);
  const hear = (event) => event.source === frame.contentWindow && event.data === "close" && dialog.close();
  addEventListener("message", hear);
  dialog.addEventListener("close", () => {
    removeEventListener("message", hear);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
