// The line to the server. It comes back by itself, and what must not be lost is repeated until it is acknowledged.

import { memory, newId } from "./dom.js";

const PING_EVERY = 20_000; // milliseconds
const PONG_WITHIN = 8_000;
const LONGEST_WAIT = 5_000;

export class Link extends EventTarget {
  #socket = null;
  #tries = 0;
  #timer = 0;
  #pinging = 0;
  #awaitingPong = 0;
  #asked = new Map(); // id → { request, resolve, reject }
  #stored; // where requests outlive the page
  state = "connecting";

  constructor(person) {
    super();
    this.#stored = `outbox.${person}`;
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry());
    addEventListener("pagehide", () => this.#socket?.close());
  }

  // What was said on this page before it was last closed, and not acknowledged.
  get leftOver() {
    return Object.values(memory.get(this.#stored, {}));
  }

  connect() {
    clearTimeout(this.#timer);
    const address = new URL("/socket", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      for (const event of JSON.parse(data)) this.#hear(event);
    };
    socket.onclose = () => socket === this.#socket && this.#lost();
  }

  reconnect() {
    this.#tries = 0;
    const old = this.#socket;
    this.#socket = null;
    old?.close();
    this.connect();
  }

  // Ask for something; the promise ends with the acknowledgement, however often the line breaks until then.
  ask(what, { id = newId(), lasting = false } = {}) {
    const request = { ...what, id };
    if (lasting) this.#store(id, request);
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { request, resolve, reject });
      this.#send(request);
    });
  }

  // Ask for something that is only worth it now.
  tell(what) {
    return this.#send(what);
  }

  forget(id) {
    this.#asked.delete(id);
    this.#store(id, undefined);
  }

  #send(request) {
    if (this.state !== "connected") return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  #hear(event) {
    if (event.on === "hello") {
      this.#tries = 0;
      this.#become("connected");
      this.#emit(event);
      for (const { request } of this.#asked.values()) this.#send(request);
      clearInterval(this.#pinging);
      this.#pinging = setInterval(() => this.#ping(), PING_EVERY);
    } else if (event.on === "pong") {
      clearTimeout(this.#awaitingPong);
    } else if (event.on === "ack" || event.on === "refused") {
      const asked = this.#asked.get(event.id);
      this.forget(event.id);
      if (event.on === "ack") asked?.resolve(event);
      else if (asked) asked.reject(new Error(event.error));
      else this.#emit(event);
    } else {
      this.#emit(event);
    }
  }

  #ping() {
    if (!this.#send({ do: "ping" })) return;
    clearTimeout(this.#awaitingPong);
    this.#awaitingPong = setTimeout(() => this.reconnect(), PONG_WITHIN);
  }

  #lost() {
    clearInterval(this.#pinging);
    clearTimeout(this.#awaitingPong);
    this.#become(navigator.onLine ? "reconnecting" : "offline");
    const wait = Math.min(LONGEST_WAIT, 250 * 2 ** this.#tries) * (0.75 + Math.random() / 2);
    this.#tries += 1;
    this.#timer = setTimeout(() => this.connect(), wait);
    // A session that is no longer valid closes the door without a word; asking over HTTP tells.
    if (this.#tries === 3) this.#emit({ on: "shut" });
  }

  #hurry() {
    if (this.state === "connected") this.#ping();
    else if (this.#socket?.readyState !== WebSocket.CONNECTING) this.reconnect();
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#emit({ on: "state", state });
  }

  #emit(event) {
    this.dispatchEvent(new CustomEvent(event.on, { detail: event }));
  }

  #store(id, request) {
    const stored = memory.get(this.#stored, {});
    if (request) stored[id] = request;
    else if (id in stored) delete stored[id];
    else return;
    memory.set(this.#stored, Object.keys(stored).length ? stored : undefined);
  }
}
