// The worker, as functions that give promises.
import { Refusal } from "./refusal.js";

export class Computer {
  #worker = new Worker("worker.js");
  #waiting = new Map();
  #next = 0;

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#answer(data);
    this.#worker.onerror = (event) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(event.message || "the worker has died"));
      this.#waiting.clear();
    };
  }

  /** Calls a function of worker.js; onProgress(what, done, count). */
  call(name, args, onProgress = () => {}) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ id, name, args });
    });
  }

  #answer({ id, progress, value, refusal, failure }) {
    const waiting = this.#waiting.get(id);
    if (progress) return waiting.onProgress(...progress);
    this.#waiting.delete(id);
    if (refusal) waiting.reject(new Refusal(refusal));
    else if (failure) waiting.reject(new Error(failure));
    else waiting.resolve(value);
  }
}
