// The view that repairs photos. Its states: empty, ready (to paint and choose), working, done.
import { Brush } from "./brush.js";
import { takesNoiseLevel, tensorOf, withTask } from "./models.js";
import { pngAddress, readPhoto, show } from "./photo.js";

const element = (id) => document.getElementById(id);

export class RepairView {
  #page;
  #models;
  #photo = null;
  #brush;
  #download = "";

  constructor(page, models) {
    this.#page = page;
    this.#models = withTask(models, "restore", "inpaint", "detect");
    this.#brush = new Brush(element("paint"), (words) => words && page.announce(words));
    this.#listSteps();
    this.#listen();
  }

  /** Shows a file, or says why it cannot. */
  async open(file) {
    await this.#page.attempt(async () => {
      this.#photo = await readPhoto(file);
      show(element("photo"), this.#photo, this.#photo.alpha);
      element("stage").style.setProperty("--aspect", this.#photo.width / this.#photo.height);
      this.#brush.reset(this.#photo.width, this.#photo.height);
      this.#become("ready");
      const found = await this.#page.computer.call("analyse", [this.#fields(), this.#photo.quality]);
      element("needs").textContent = this.#words(found);
      element("noise").value = Math.round(found.noiseLevel);
      element("noise-value").textContent = element("noise").value;
      this.#page.announce(`${this.#photo.name}, ${this.#photo.width} by ${this.#photo.height} pixels. ${this.#words(found)}`);
    });
  }

  #listen() {
    for (const id of ["choose", "take"]) {
      element(id).addEventListener("change", ({ target }) => {
        if (target.files.length) this.open(target.files[0]);
        target.value = "";
      });
    }
    element("example").addEventListener("click", async () => {
      const blob = await (await fetch("example.jpg")).blob();
      this.open(new File([blob], "example.jpg"));
    });
    const stage = element("stage");
    for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
      stage.addEventListener(name, (event) => {
        event.preventDefault();
        stage.classList.toggle("over", over);
        if (name === "drop" && event.dataTransfer.files.length) this.open(event.dataTransfer.files[0]);
      });
    }
    for (const id of ["other", "another"]) element(id).addEventListener("click", () => this.#become("empty"));
    element("back").addEventListener("click", () => this.#become("ready"));
    for (const id of ["brush", "eraser"]) element(id).addEventListener("click", () => this.#hold(id));
    element("clear").addEventListener("click", () => this.#brush.clear());
    element("brush-size").addEventListener("input", ({ target }) => (this.#brush.size = Number(target.value)));
    element("find").addEventListener("click", () => this.#find());
    element("noise").addEventListener("input", ({ target }) => (element("noise-value").textContent = target.value));
    for (const radio of document.getElementsByName("way")) radio.addEventListener("change", () => this.#choose());
    element("steps").addEventListener("change", () => this.#choose());
    element("order").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#repair();
    });
    element("compare").addEventListener("input", ({ target }) => this.#cut(target.value));
  }

  #listSteps() {
    const steps = [...withTask(this.#models, "inpaint"), ...withTask(this.#models, "restore")];
    for (const model of steps) {
      const label = document.createElement("label");
      label.className = "choice";
      const box = Object.assign(document.createElement("input"), { type: "checkbox", value: model.key, checked: true });
      label.append(box, titleOf(model));
      element("steps").append(label);
    }
    const canFill = withTask(this.#models, "inpaint").length > 0;
    const canFind = withTask(this.#models, "detect").length > 0;
    element("paint-tools").hidden = !canFill;
    element("find").hidden = !canFind;
    element("paint").hidden = !canFill;
    element("paint").ariaLabel = "Paint over damage: arrow keys move the brush, space paints, shift and arrow draw a line";
    const [denoiser] = this.#models.filter(takesNoiseLevel);
    if (denoiser) element("noise").max = tensorOf(denoiser.signatures[0].inputs, "noise_level").highest;
    if (canFind) element("paint-hint").textContent = "Paint over what is to be filled in, or let it be found.";
  }

  #choose() {
    const chosen = this.#way() === "chosen";
    element("steps").hidden = !chosen;
    element("noise-row").hidden = !chosen || !this.#chosen().some((key) => takesNoiseLevel(this.#model(key)));
  }

  #way = () => document.querySelector("[name=way]:checked").value;
  #chosen = () => Array.from(element("steps").querySelectorAll("input:checked"), (box) => box.value);
  #model = (key) => this.#models.find((model) => model.key === key);

  #fields() {
    const { height, width, values } = this.#photo;
    return { height, width, values };
  }

  #words({ noiseLevel, blocks, quality }) {
    const words = [];
    if (blocks) words.push(quality === null ? "JPEG blocks" : `JPEG blocks of quality ${quality.toFixed(0)}`);
    if (noiseLevel >= 4) words.push(`noise of level ${noiseLevel.toFixed(1)}`);
    return words.length ? `Found: ${words.join(", ")}.` : "No noise and no blocks were found.";
  }

  #hold(tool) {
    this.#brush.erases = tool === "eraser";
    element("brush").ariaPressed = String(!this.#brush.erases);
    element("eraser").ariaPressed = String(this.#brush.erases);
  }

  async #find() {
    const [detector] = withTask(this.#models, "detect");
    await this.#work(async () => {
      const args = [detector.key, this.#page.accelerator(), this.#fields()];
      const { mask } = await this.#page.computer.call("findDamage", args, this.#progress);
      this.#brush.add(mask);
      const share = mask.reduce((sum, value) => sum + (value ? 1 : 0), 0) / mask.length;
      this.#page.announce(`${(100 * share).toPrecision(2)} % of the photo is damaged and was painted over`);
      return "ready";
    });
  }

  async #repair() {
    await this.#work(async () => {
      const automatic = this.#way() === "auto";
      const order = {
        photo: this.#fields(),
        quality: this.#photo.quality,
        mask: this.#brush.mask(),
        steps: automatic ? "auto" : this.#chosen(),
        noiseLevel: automatic ? "auto" : Number(element("noise").value),
      };
      const began = performance.now();
      const result = await this.#page.computer.call("repair", [this.#page.accelerator(), order], this.#progress);
      await this.#show(result, performance.now() - began);
      return "done";
    });
    if (element("repair").dataset.state === "done") element("done-title").focus();
  }

  async #show(result, milliseconds) {
    show(element("before"), this.#photo, this.#photo.alpha);
    show(element("after"), result.picture, this.#photo.alpha);
    URL.revokeObjectURL(this.#download);
    this.#download = await pngAddress(element("after"));
    const link = element("download");
    link.href = this.#download;
    link.download = `${this.#photo.name.replace(/\.[^.]*$/, "")}-repaired.png`;
    const words = result.done.length ? result.done : ["Nothing: the photo is clean and stays as it is"];
    element("done-words").replaceChildren(...words.map((each) => Object.assign(document.createElement("li"), { textContent: each })));
    element("done-title").textContent = result.done.length ? "Repaired" : "Nothing to repair";
    const where = result.accelerators.map((each) => this.#page.nameOf(each)).join(" and ");
    element("done-how").textContent = `${(milliseconds / 1000).toFixed(1)} s${where ? ` on ${where}` : ""}`;
    element("compare").value = 50;
    this.#cut(50);
  }

  #cut(share) {
    document.querySelector(".compare").style.setProperty("--cut", `${share}%`);
    element("compare").ariaValueText = `${share} % before, ${100 - share} % after`;
  }

  async #work(job) {
    this.#become("working");
    this.#progress("Loading the model", 0, 1);
    let next = "ready";
    await this.#page.attempt(async () => (next = await job()));
    this.#become(next);
  }

  #progress = (words, done, count) => {
    element("working-words").textContent = `${words}…`;
    element("working-share").value = done / count;
  };

  #become(state) {
    element("repair").dataset.state = state;
    for (const part of element("repair").querySelectorAll("[data-in]")) {
      part.hidden = !part.dataset.in.split(" ").includes(state);
    }
    for (const control of element("order").elements) control.disabled = state === "working";
    if (state === "working") this.#page.announce("Working");
    if (state === "empty") element("choose").focus();
  }
}

function titleOf(model) {
  if (model.task === "inpaint") return "Fill in what is painted";
  if (takesNoiseLevel(model)) return "Remove noise";
  return model.name.startsWith("deblock") ? "Remove JPEG blocks" : `Restore with ${model.name}`;
}
