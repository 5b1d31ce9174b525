// Painting a mask over a photo: with a finger, a pen, a mouse, or the arrow keys and space.

const COLOUR = "#ff2d78";

export class Brush {
  #canvas;
  #context;
  #last = null;
  #cursor = { x: 0, y: 0 };
  #onChange;
  erases = false;
  size = 18;

  constructor(canvas, onChange) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { willReadFrequently: true });
    this.#onChange = onChange;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#last && this.#to(this.#place(event)));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.#end());
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** A blank mask of a photo's size. */
  reset(width, height) {
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#cursor = { x: width / 2, y: height / 2 };
    this.#onChange();
  }

  clear() {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#onChange();
  }

  /** One byte a pixel, 255 = painted; null where nothing is. */
  mask() {
    const { data } = this.#context.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
    const mask = new Uint8Array(data.length / 4);
    let painted = false;
    for (let place = 0; place < mask.length; place++) {
      if (data[4 * place + 3] > 127) {
        mask[place] = 255;
        painted = true;
      }
    }
    return painted ? mask : null;
  }

  /** Adds a mask to what is painted. */
  add(mask) {
    const { width, height } = this.#canvas;
    const image = this.#context.getImageData(0, 0, width, height);
    mask.forEach((value, place) => value && image.data.set([255, 45, 120, 255], 4 * place));
    this.#context.putImageData(image, 0, 0);
    this.#onChange();
  }

  #begin(event) {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#last = this.#place(event);
    this.#to(this.#last);
  }

  #end() {
    if (this.#last) this.#onChange();
    this.#last = null;
  }

  #place(event) {
    const box = this.#canvas.getBoundingClientRect();
    const scale = this.#canvas.width / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  #to(place) {
    const context = this.#context;
    context.globalCompositeOperation = this.erases ? "destination-out" : "source-over";
    context.strokeStyle = COLOUR;
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = (this.size * this.#canvas.width) / this.#canvas.getBoundingClientRect().width;
    context.beginPath();
    context.moveTo(this.#last.x, this.#last.y);
    context.lineTo(place.x, place.y);
    context.stroke();
    this.#last = this.#cursor = place;
  }

  #key(event) {
    const step = Math.max(1, Math.min(this.#canvas.width, this.#canvas.height) / 50);
    const [x, y] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step], " ": [0, 0] }[event.key] ?? [];
    if (x === undefined) return;
    event.preventDefault();
    const { width, height } = this.#canvas;
    const place = {
      x: Math.min(Math.max(this.#cursor.x + x, 0), width),
      y: Math.min(Math.max(this.#cursor.y + y, 0), height),
    };
    if (event.key === " " || event.shiftKey) {
      this.#last = this.#cursor;
      this.#to(place);
      this.#end();
    }
    this.#cursor = place;
    this.#onChange(`brush at ${Math.round((100 * place.x) / width)} % across, ${Math.round((100 * place.y) / height)} % down`);
  }
}
