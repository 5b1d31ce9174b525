// The view that draws pictures by class and seed.
import { canDraw } from "./models.js";
import { pngAddress, show } from "./photo.js";
import { Refusal } from "./refusal.js";

const LARGEST_SEED = 2n ** 64n - 1n;
const element = (id) => document.getElementById(id);

export class DrawView {
  #page;
  #models;
  #turn = 0; // of the newest drawing; an older one that still runs stops

  constructor(page, models) {
    this.#page = page;
    this.#models = models.filter(canDraw);
    const options = this.#models.map((model) => new Option(`${model.name} (${model.precision})`, model.key));
    element("draw-model").replaceChildren(...options);
    element("draw-model-row").hidden = options.length < 2;
    element("draw-model").addEventListener("change", () => this.#listLabels());
    for (const id of ["seed", "count", "labels"]) element(id).addEventListener("change", () => this.draw());
    element("drawing").addEventListener("submit", (event) => event.preventDefault());
    element("new-seed").addEventListener("click", () => {
      element("seed").value = crypto.getRandomValues(new Uint32Array(1))[0];
      this.draw();
    });
    if (options.length) this.#listLabels(false);
  }

  /** When the view is seen for the first time. */
  begin() {
    if (!element("drawn").children.length) this.draw();
  }

  #model = () => this.#models.find((model) => model.key === element("draw-model").value);

  #listLabels(drawNow = true) {
    const labels = this.#model().labels.map((name, index) => {
      const label = document.createElement("label");
      const radio = Object.assign(document.createElement("input"), { type: "radio", name: "label", value: name, className: "unseen" });
      radio.checked = index === 0;
      label.append(radio, name);
      return label;
    });
    element("labels").replaceChildren(...labels);
    element("labels").hidden = !labels.length;
    if (drawNow) this.draw();
  }

  async draw() {
    const turn = ++this.#turn;
    const model = this.#model();
    const label = document.querySelector("[name=label]:checked")?.value;
    await this.#page.attempt(async () => {
      const seed = seedOf(element("seed").value);
      const count = Number(element("count").value);
      const figures = [];
      for (let index = 0; index < count; index++) {
        const args = [model.key, this.#page.accelerator(), seed, BigInt(index), label];
        const { picture } = await this.#page.computer.call("draw", args);
        if (turn !== this.#turn) return;
        figures.push(await figureOf(picture, seed, index, label));
      }
      for (const link of element("drawn").querySelectorAll("a")) URL.revokeObjectURL(link.href);
      element("drawn").replaceChildren(...figures);
      this.#page.announce(`${count} pictures of seed ${seed}${label ? `, ${label}` : ""}`);
    });
  }
}

function seedOf(text) {
  const seed = /^[0-9]+$/.test(text.trim()) ? BigInt(text.trim()) : -1n;
  if (seed < 0n || seed > LARGEST_SEED) {
    throw new Refusal(`The seed is “${text}”; give a whole number from 0 to ${LARGEST_SEED}.`);
  }
  return seed;
}

async function figureOf(picture, seed, index, label) {
  const figure = document.createElement("figure");
  const canvas = document.createElement("canvas");
  canvas.role = "img";
  canvas.ariaLabel = `${label ?? "picture"}, seed ${seed}, number ${index}`;
  show(canvas, picture);
  const link = Object.assign(document.createElement("a"), {
    href: await pngAddress(canvas),
    download: [label, seed, index].filter((part) => part !== undefined).join("-") + ".png",
    textContent: "Save",
    ariaLabel: `Save ${canvas.ariaLabel}`,
  });
  const caption = document.createElement("figcaption");
  caption.append(`no. ${index}`, link);
  figure.append(canvas, caption);
  return figure;
}
