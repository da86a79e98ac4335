// What is seen of the picture: how large it is shown, and where. Places on the screen are in CSS pixels.

const CLOSEST = 8; // screen pixels for each of the picture
const EDGE = 48; // how much of the picture stays in sight

export class Sight {
  constructor(stage, paper, width, height) {
    Object.assign(this, { stage, paper, width, height });
    this.whole = true; // the picture is as large as it fits, and stays so
    paper.style.width = `${width}px`;
    paper.style.height = `${height}px`;
    new ResizeObserver(() => (this.whole ? this.fit() : this.#show())).observe(stage);
    this.fit();
  }

  fit() {
    this.whole = true;
    this.scale = this.#fitting;
    this.x = (this.stage.clientWidth - this.width * this.scale) / 2;
    this.y = (this.stage.clientHeight - this.height * this.scale) / 2;
    this.#show();
  }

  // What lies at [x, y] on the screen stays there.
  zoom(factor, [x, y] = this.#middle) {
    const least = Math.min(1, this.#fitting) / 2;
    const scale = Math.min(CLOSEST, Math.max(least, this.scale * factor));
    const { left, top } = this.stage.getBoundingClientRect();
    const change = scale / this.scale;
    this.x = x - left - (x - left - this.x) * change;
    this.y = y - top - (y - top - this.y) * change;
    this.scale = scale;
    this.whole = false;
    this.#show();
  }

  pan(x, y) {
    this.x += x;
    this.y += y;
    this.whole = false;
    this.#show();
  }

  // Where in the picture that is.
  inPicture([x, y]) {
    const { left, top } = this.stage.getBoundingClientRect();
    return [(x - left - this.x) / this.scale, (y - top - this.y) / this.scale];
  }

  // And the other way round.
  onScreen([x, y]) {
    const { left, top } = this.stage.getBoundingClientRect();
    return [x * this.scale + this.x + left, y * this.scale + this.y + top];
  }

  get #fitting() {
    const { clientWidth, clientHeight } = this.stage;
    return Math.max(0.01, Math.min((clientWidth - 16) / this.width, (clientHeight - 16) / this.height, 2));
  }

  get #middle() {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  }

  #show() {
    const kept = (place, length, room) => Math.min(room - EDGE, Math.max(EDGE - length, place));
    this.x = kept(this.x, this.width * this.scale, this.stage.clientWidth);
    this.y = kept(this.y, this.height * this.scale, this.stage.clientHeight);
    this.paper.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
  }
}
