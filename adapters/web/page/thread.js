// The messages of one conversation, and where the reader is in them.

import { announce, byId, h, icon } from "./dom.js";
import { makeMessage, saidBody } from "./message.js";

const NEAR = 60; // pixels from the end that still count as being there
const SINCE_PRESS = 15_000; // milliseconds in which a question belongs to the press before it

export class Thread {
  constructor(actions) {
    this.actions = actions;
    this.scroll = byId("scroll");
    this.element = byId("thread");
    this.jump = byId("jump");
    this.jump.append(icon("down"), h("span", {}, "Jump to latest"));
    this.jump.addEventListener("click", () => this.toEnd());
    this.earlier = h("button", { type: "button", class: "earlier", hidden: true }, "Earlier messages");
    this.earlier.addEventListener("click", () => this.#loadEarlier());
    this.list = h("div", { class: "list" });
    this.unsent = h("div", { class: "list unsent" });
    this.busy = h("div", { class: "busy", hidden: true, "aria-label": "At work" }, h("span"), h("span"), h("span"));
    this.empty = h("section", { class: "empty", hidden: true });
    this.element.append(this.earlier, this.empty, this.list, this.unsent, this.busy);
    this.scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#grown()).observe(this.element);
    new ResizeObserver(() => this.#grown()).observe(this.scroll);
    new IntersectionObserver(([entry]) => entry.isIntersecting && this.#loadEarlier(), {
      root: this.scroll,
      rootMargin: "400px",
    }).observe(this.earlier);
    this.pending = new Map(); // key → what is on its way
    this.clear("");
  }

  clear(room) {
    this.room = room;
    this.messages = new Map();
    this.version = 0;
    this.following = true;
    this.loading = false;
    this.loaded = false;
    this.pressed = 0;
    this.list.replaceChildren();
    this.earlier.hidden = true;
    this.busy.hidden = true;
    this.unsent.replaceChildren();
    for (const item of this.pending.values()) if (item.room === room) this.unsent.append(item.element);
    this.#settle();
  }

  // Everything of a room, or what changed while the line was down.
  fill({ posts, reset, more, busy }) {
    if (reset) {
      this.messages = new Map();
      this.list.replaceChildren();
      this.earlier.hidden = !more;
    }
    this.loaded = true;
    this.apply(posts, { quiet: true });
    this.working(busy);
  }

  apply(posts, { quiet = false, first = false } = {}) {
    const before = first ? this.list.firstChild : null;
    for (const post of posts) {
      this.version = Math.max(this.version, post.v);
      const known = this.messages.get(post.id);
      if (post.gone) {
        this.#remove(known);
      } else if (known) {
        const grew = known.growing;
        known.update(post);
        if (grew && !known.growing && !quiet) announce(known.spoken.slice(0, 500));
      } else {
        this.#add(post, before, quiet);
      }
    }
    this.#settle();
  }

  #add(post, before, quiet) {
    const message = makeMessage(post, this.actions);
    this.messages.set(post.id, message);
    if (message.key) this.sent(message.key);
    const carrier = message.kind === "question" && this.messages.get(message.about);
    if (carrier?.forms) carrier.forms.append(message.element);
    else this.list.insertBefore(message.element, before);
    if (quiet) return;
    if (message.kind === "notice") announce(message.spoken);
    if (message.kind === "question" && Date.now() - this.pressed < SINCE_PRESS) {
      message.focus();
      message.element.scrollIntoView({ block: "nearest" });
    }
  }

  #remove(message) {
    if (!message) return;
    const inside = message.element.contains(document.activeElement);
    message.element.remove();
    this.messages.delete(message.id);
    if (inside) this.actions.focusComposer();
  }

  // The last of one's own messages can be edited; nothing to show but what can be tried when there are none.
  #settle() {
    const own = [...this.list.children].filter((element) => element.classList.contains("theirs"));
    const last = this.messages.get(own.at(-1)?.dataset.id) ?? null;
    this.list.querySelector(".message.last-own")?.classList.remove("last-own");
    last?.element.classList.add("last-own");
    this.lastOwn = last;
    this.empty.hidden = !this.loaded || this.messages.size > 0 || this.unsent.children.length > 0;
  }

  working(busy) {
    this.isBusy = busy;
    const growing = [...this.messages.values()].some((message) => message.growing);
    this.busy.hidden = !busy || growing;
  }

  notice({ about, html }) {
    const message = this.messages.get(about);
    message?.tell?.(html);
    return Boolean(message?.tell);
  }

  // --- on their way -----------------------------------------------------------------------------

  sending(key, { room, text, files }) {
    const state = h("span", { class: "state" }, "Sending…");
    const element = h("article", { class: "message theirs pending", "data-key": key, "aria-label": "You" });
    element.append(h("div", { class: "said" }, ...saidBody(text, files)), h("div", { class: "tools" }, state));
    this.pending.set(key, { room, element, state });
    if (room === this.room) this.unsent.append(element);
    this.#settle();
    this.toEnd();
  }

  sent(key) {
    this.pending.get(key)?.element.remove();
    this.pending.delete(key);
    this.#settle();
  }

  refused(key, problem, again) {
    const item = this.pending.get(key);
    if (!item) return;
    item.element.classList.add("refused");
    const put = h("button", { type: "button", class: "linklike", onclick: () => (this.sent(key), again()) }, "Put it back into the box");
    item.state.replaceChildren(h("span", { role: "alert" }, problem), " ", put);
  }

  // --- where the reader is ----------------------------------------------------------------------

  toEnd() {
    this.following = true;
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.jump.hidden = true;
  }

  #scrolled() {
    const below = this.scroll.scrollHeight - this.scroll.clientHeight - this.scroll.scrollTop;
    // Only moving up leaves the end: content that grows below does not.
    if (below <= NEAR) this.following = true;
    else if (this.scroll.scrollTop < (this.lastTop ?? 0) - 2) this.following = false;
    this.lastTop = this.scroll.scrollTop;
    this.jump.hidden = this.following || below <= NEAR;
  }

  #grown() {
    if (this.following) this.scroll.scrollTop = this.scroll.scrollHeight;
    else this.#scrolled();
    this.working(this.isBusy);
  }

  async #loadEarlier() {
    if (this.loading || this.earlier.hidden) return;
    const oldest = this.list.firstElementChild?.dataset.id;
    if (!oldest) return;
    this.loading = true;
    const room = this.room;
    try {
      const { posts, more } = await this.actions.older(room, oldest);
      if (room !== this.room) return;
      const height = this.scroll.scrollHeight;
      const top = this.scroll.scrollTop;
      this.apply(posts, { quiet: true, first: true });
      this.earlier.hidden = !more;
      // The browser holds the place by itself, except at the very top.
      if (this.scroll.scrollTop === top) this.scroll.scrollTop = top + this.scroll.scrollHeight - height;
    } finally {
      this.loading = false;
    }
  }
}
