// The page: which view is seen, what computes, what is said.
import { Computer } from "./computer.js";
import { DrawView } from "./draw_view.js";
import { canDraw, readModels, withTask } from "./models.js";
import { Refusal } from "./refusal.js";
import { RepairView } from "./repair_view.js";
import { SpeedView } from "./speed_view.js";

const NAMES = { webgpu: "WebGPU", wasm: "WASM" };
const SW_PATIENCE_MS = 4000;
const element = (id) => document.getElementById(id);

class Page {
  accelerators = [];
  computer = null;

  nameOf = (accelerator) => NAMES[accelerator];
  accelerator = () => element("accelerator").value;

  announce(words) {
    element("announcement").textContent = words;
  }

  /** Does a job, and says in words what was refused or failed. */
  async attempt(job) {
    element("refusal").hidden = true;
    try {
      await job();
    } catch (problem) {
      const words = problem instanceof Refusal ? problem.message : `That failed: ${problem.message}. Reload the page, or choose another accelerator.`;
      if (!(problem instanceof Refusal)) console.error(problem);
      element("refusal").firstElementChild.textContent = words;
      element("refusal").hidden = false;
    }
  }

  async begin() {
    await this.#keepOffline();
    this.computer = new Computer();
    const models = await readModels();
    const views = {
      repair: withTask(models, "restore", "inpaint").length ? new RepairView(this, models) : null,
      draw: models.some(canDraw) ? new DrawView(this, models) : null,
      speed: new SpeedView(this, models),
    };
    element("refusal").lastElementChild.addEventListener("click", () => (element("refusal").hidden = true));
    await this.attempt(async () => {
      this.accelerators = await this.computer.call("start", []);
      this.#listAccelerators();
    });
    const see = () => this.#see(views);
    window.addEventListener("hashchange", see);
    see();
    document.documentElement.dataset.ready = "true";
  }

  #listAccelerators() {
    const [first] = this.accelerators;
    const options = [new Option(`${NAMES[first]} (automatic)`, "auto"), ...this.accelerators.map((each) => new Option(NAMES[each], each))];
    const select = element("accelerator");
    select.replaceChildren(...(this.accelerators.length > 1 ? options : [new Option(NAMES[first], first)]));
    select.disabled = false;
    const asked = new URLSearchParams(location.search).get("accelerator");
    if (this.accelerators.includes(asked)) select.value = asked;
  }

  #see(views) {
    const names = Object.keys(views).filter((name) => views[name]);
    const asked = location.hash.slice(1);
    const seen = names.includes(asked) ? asked : names[0];
    for (const name of Object.keys(views)) {
      element(name).hidden = name !== seen;
      const link = document.querySelector(`nav a[href="#${name}"]`);
      link.hidden = !views[name];
      if (name === seen) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (seen === "draw") views.draw.begin();
  }

  /** Lets the service worker keep everything from the very first request of the worker on. */
  async #keepOffline() {
    const words = element("offline");
    if (!navigator.serviceWorker) {
      words.textContent = "This browser keeps the page for online use only.";
      return;
    }
    try {
      await navigator.serviceWorker.register("service_worker.js");
      const controlled = new Promise((resolve) => {
        if (navigator.serviceWorker.controller) resolve();
        navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
      });
      await Promise.race([controlled, new Promise((resolve) => setTimeout(resolve, SW_PATIENCE_MS))]);
      await navigator.serviceWorker.ready;
      words.textContent = "Works offline from now on.";
    } catch (problem) {
      words.textContent = "Works online only: this browser did not let the page be kept.";
      console.warn(problem);
    }
  }
}

const page = new Page();
window.litebrush = page; // for the console, and for tests
page.begin();
