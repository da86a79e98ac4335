// What is marked: a list of steps, drawn again when one is taken back. Places are in pixels of the picture.

const LONGEST = 1024; // pixels of the mask's longer side: its shape counts, not its size
const SAMPLE = 96; // pixels of the copy by which it is told how much is marked

export class Layer {
  constructor(canvas, width, height) {
    this.scale = Math.min(1, LONGEST / Math.max(width, height));
    this.canvas = canvas;
    canvas.width = Math.max(1, Math.round(width * this.scale));
    canvas.height = Math.max(1, Math.round(height * this.scale));
    this.context = canvas.getContext("2d");
    this.ink = stripes(this.context);
    this.before = copyOf(canvas); // what it was before the stroke that is being drawn
    this.steps = [];
    this.undone = [];
    this.current = null;
  }

  // --- strokes --------------------------------------------------------------------------------------

  begin(tool, size, at) {
    this.cancel();
    this.#put(this.before, this.canvas);
    this.current = { tool, size: size * this.scale, points: [this.#scaled(at)] };
    this.#draw(this.current, 0);
  }

  move(at) {
    if (!this.current) return;
    const { points, tool } = this.current;
    if (tool === "rectangle") {
      points[1] = this.#scaled(at);
      this.#put(this.canvas, this.before);
      this.#draw(this.current, 0);
      return;
    }
    points.push(this.#scaled(at));
    this.#draw(this.current, points.length - 2);
  }

  end() {
    const step = this.current;
    this.current = null;
    if (!step) return;
    if (step.tool === "rectangle" && step.points.length < 2) return;
    this.#did(step);
  }

  // As if the stroke had not been begun.
  cancel() {
    if (!this.current) return;
    this.current = null;
    this.#put(this.canvas, this.before);
  }

  // --- steps ----------------------------------------------------------------------------------------

  invert() {
    this.#step({ tool: "invert" });
  }

  clear() {
    this.#step({ tool: "clear" });
  }

  undo() {
    this.cancel();
    if (!this.steps.length) return;
    this.undone.push(this.steps.pop());
    this.#wipe(this.canvas);
    for (const step of this.steps) this.#draw(step, 0);
  }

  redo() {
    this.cancel();
    const step = this.undone.pop();
    if (!step) return;
    this.steps.push(step);
    this.#draw(step, 0);
  }

  #step(step) {
    this.cancel();
    this.#draw(step, 0);
    this.#did(step);
  }

  #did(step) {
    this.steps.push(step);
    this.undone = [];
  }

  // --- what came of it ------------------------------------------------------------------------------

  // How much of the picture is marked, from 0 to 1.
  share() {
    const small = document.createElement("canvas");
    small.width = small.height = SAMPLE;
    const context = small.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(this.canvas, 0, 0, SAMPLE, SAMPLE);
    const { data } = context.getImageData(0, 0, SAMPLE, SAMPLE);
    let sum = 0;
    for (let place = 3; place < data.length; place += 4) sum += data[place];
    return sum / (255 * SAMPLE * SAMPLE);
  }

  // The mask as PNG: white where it is marked, else black.
  png() {
    const { width, height } = this.canvas;
    const pixels = this.context.getImageData(0, 0, width, height);
    const { data } = pixels;
    for (let place = 0; place < data.length; place += 4) {
      data[place] = data[place + 1] = data[place + 2] = data[place + 3] < 128 ? 0 : 255;
      data[place + 3] = 255;
    }
    const out = copyOf(this.canvas);
    out.getContext("2d").putImageData(pixels, 0, 0);
    return new Promise((resolve) => out.toBlob(resolve, "image/png"));
  }

  // --- drawing --------------------------------------------------------------------------------------

  // A stroke from its point ``first`` on, or any other step.
  #draw({ tool, size, points }, first) {
    const { context, canvas, ink } = this;
    context.globalCompositeOperation = { eraser: "destination-out", invert: "xor" }[tool] ?? "source-over";
    context.fillStyle = context.strokeStyle = ink;
    if (tool === "clear") this.#wipe(canvas);
    else if (tool === "invert") context.fillRect(0, 0, canvas.width, canvas.height);
    else if (tool === "rectangle") {
      if (points.length > 1) context.fillRect(...points[0], points[1][0] - points[0][0], points[1][1] - points[0][1]);
    } else this.#stroke(points.slice(first), size);
  }

  #stroke(points, size) {
    const { context } = this;
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = size;
    for (const [place, point] of points.entries()) {
      context.beginPath();
      if (place === 0) {
        context.arc(...point, size / 2, 0, 2 * Math.PI); // a line to itself leaves no mark
        context.fill();
        continue;
      }
      context.moveTo(...points[place - 1]);
      context.lineTo(...point);
      context.stroke();
    }
  }

  #put(target, source) {
    this.#wipe(target);
    const context = target.getContext("2d");
    context.globalCompositeOperation = "source-over";
    context.drawImage(source, 0, 0);
  }

  #wipe(canvas) {
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }

  #scaled([x, y]) {
    return [x * this.scale, y * this.scale];
  }
}

function copyOf(canvas) {
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  return copy;
}

// Stripes of two colours, of which one is seen on any picture.
function stripes(context) {
  const side = 16;
  const tile = document.createElement("canvas");
  tile.width = tile.height = side;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#f0238c";
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = "#ffd9ec";
  pen.lineWidth = side / 5;
  for (const shift of [-side, 0, side]) {
    pen.beginPath();
    pen.moveTo(shift - 2, side + 2);
    pen.lineTo(shift + side + 2, -2);
    pen.stroke();
  }
  return context.createPattern(tile, "repeat");
}
