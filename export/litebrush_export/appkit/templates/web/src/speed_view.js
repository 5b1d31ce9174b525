// The view that measures how fast the models are here.

const ROUNDS = 20;
const element = (id) => document.getElementById(id);

export class SpeedView {
  #page;
  #models;

  constructor(page, models) {
    this.#page = page;
    this.#models = models;
    element("measure").addEventListener("click", () => this.measure());
    const cores = navigator.hardwareConcurrency;
    const threads = self.crossOriginIsolated ? "several threads of WASM" : "one thread of WASM";
    element("device").textContent = `${cores} cores; ${threads}. ${navigator.userAgent}`;
  }

  async measure() {
    element("measure").disabled = true;
    element("times").replaceChildren();
    for (const model of this.#models) {
      for (const accelerator of this.#page.accelerators) {
        const row = element("times").insertRow();
        row.insertCell().append(model.name, note(model.precision));
        row.insertCell().textContent = this.#page.nameOf(accelerator);
        row.insertCell().textContent = "…";
        try {
          const times = await this.#page.computer.call("benchmark", [model.key, accelerator, ROUNDS]);
          this.#fill(row.cells[2], times);
        } catch (problem) {
          row.cells[2].replaceChildren("does not run", note(problem.message));
        }
        this.#compare();
      }
    }
    element("measure").disabled = false;
    this.#page.announce("Measured");
  }

  #fill(cell, times) {
    const median = times[Math.floor(times.length / 2)];
    const bar = Object.assign(document.createElement("span"), { className: "bar" });
    bar.dataset.time = median;
    cell.replaceChildren(bar, `${written(median)} ms`, note(`${written(times[0])} to ${written(times.at(-1))} ms`));
  }

  /** Bars as shares of the longest. */
  #compare() {
    const bars = Array.from(element("times").querySelectorAll(".bar"));
    const longest = Math.max(...bars.map((bar) => Number(bar.dataset.time)));
    for (const bar of bars) bar.style.setProperty("--share", bar.dataset.time / longest);
  }
}

const note = (text) => Object.assign(document.createElement("small"), { textContent: text });
const written = (milliseconds) => milliseconds.toFixed(milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0);
