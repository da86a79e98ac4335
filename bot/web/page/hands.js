// Fingers, pens, mice and keys over the picture: one paints, two move it, a wheel brings it closer.

const SLIP = 12; // screen pixels that a first finger may have moved before the second one takes its stroke back
const STEP = 1 / 40; // of the picture, for each press of an arrow key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Hands {
  // ``brush`` tells the tool and its size on the screen; ``changed`` hears of every step.
  constructor(stage, ring, layer, sight, brush, changed) {
    Object.assign(this, { stage, ring, layer, sight, brush, changed });
    this.fingers = new Map(); // pointer → where it is
    this.moving = false; // until all fingers are up, they move the picture
    this.slipped = 0;
    this.cursor = null; // where the keys are, in the picture
    this.pressed = false; // the keys are drawing a stroke
    for (const [name, hear] of Object.entries({
      pointerdown: this.#down,
      pointermove: this.#move,
      pointerup: this.#up,
      pointercancel: this.#cancel,
      pointerleave: () => this.fingers.size || (this.ring.hidden = true),
      wheel: this.#wheel,
      keydown: this.#key,
      blur: this.#release,
      contextmenu: (event) => event.preventDefault(),
    })) stage.addEventListener(name, hear.bind(this), { passive: false });
  }

  // --- pointers -------------------------------------------------------------------------------------

  #down(event) {
    this.#release();
    this.stage.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.fingers.size === 2 && !this.moving) {
      if (this.slipped < SLIP) this.layer.cancel();
      else this.#end();
      this.moving = true;
    } else if (this.fingers.size === 1) {
      this.slipped = 0;
      this.moving = event.button !== 0;
      if (!this.moving) this.#begin(this.sight.inPicture([event.clientX, event.clientY]));
    }
    this.#showRing(event);
  }

  #move(event) {
    const before = this.fingers.get(event.pointerId);
    const at = [event.clientX, event.clientY];
    if (before) {
      const others = [...this.fingers.entries()].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      this.fingers.set(event.pointerId, at);
      if (this.moving) this.#drag(before, at, others[0]);
      else this.#paint(event, before, at);
    }
    this.#showRing(event);
  }

  #paint(event, before, at) {
    this.slipped += Math.hypot(at[0] - before[0], at[1] - before[1]);
    const between = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of between.length ? between : [event]) {
      this.layer.move(this.sight.inPicture([clientX, clientY]));
    }
  }

  // One finger of two, or a mouse alone: what lies under them stays under them.
  #drag(before, at, other) {
    if (!other) {
      this.sight.pan(at[0] - before[0], at[1] - before[1]);
      return;
    }
    const apart = (place) => Math.max(1, Math.hypot(place[0] - other[0], place[1] - other[1]));
    const between = (place) => [(place[0] + other[0]) / 2, (place[1] + other[1]) / 2];
    this.sight.pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    this.sight.zoom(apart(at) / apart(before), between(at));
  }

  #up(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    if (!this.moving) this.#end();
    if (!this.fingers.size) this.moving = false;
    if (event.pointerType === "touch") this.ring.hidden = true;
  }

  #cancel(event) {
    if (!this.moving) this.layer.cancel();
    this.fingers.delete(event.pointerId);
    if (!this.fingers.size) this.moving = false;
    this.changed();
  }

  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.sight.zoom(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 480)), [event.clientX, event.clientY]);
    this.#showRing(event);
  }

  // --- keys -----------------------------------------------------------------------------------------

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { width, height } = this.sight;
    this.cursor ??= [width / 2, height / 2];
    if (event.key === " ") {
      const begins = !this.pressed;
      this.#release();
      if (begins) this.#begin(this.cursor);
      this.pressed = begins;
    } else if (event.key in ARROWS) {
      const [x, y] = ARROWS[event.key];
      const step = Math.max(width, height) * STEP * (event.shiftKey ? 0.2 : 1);
      const within = (place, most) => Math.min(most, Math.max(0, place));
      this.cursor = [within(this.cursor[0] + x * step, width), within(this.cursor[1] + y * step, height)];
      if (this.pressed) this.layer.move(this.cursor);
    } else return;
    event.preventDefault();
    const [clientX, clientY] = this.sight.onScreen(this.cursor);
    this.#showRing({ clientX, clientY });
  }

  // The stroke of the keys ends when something else begins.
  #release() {
    if (!this.pressed) return;
    this.pressed = false;
    this.#end();
  }

  // --- strokes --------------------------------------------------------------------------------------

  #begin(at) {
    const { tool, size } = this.brush();
    this.layer.begin(tool, size / this.sight.scale, at);
  }

  #end() {
    this.layer.end();
    this.changed();
  }

  #showRing({ clientX, clientY }) {
    const { left, top } = this.stage.getBoundingClientRect();
    const { tool, size } = this.brush();
    const width = tool === "rectangle" ? 10 : size;
    this.ring.hidden = this.moving;
    this.ring.style.width = this.ring.style.height = `${width}px`;
    this.ring.style.transform = `translate(${clientX - left - width / 2}px, ${clientY - top - width / 2}px)`;
  }
}
