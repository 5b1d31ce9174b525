// All computing happens here, so that the page stays awake. Each message {id, name, args} is answered with {id, value}
// or {id, refusal | failure}; {id, progress} may come before.
import { emptyValues } from "./encoding.js";
import { open, run, start } from "./engine.js";
import { latent, normalValues, randomWords } from "./latents.js";
import { readModels } from "./models.js";
import { Refusal } from "./refusal.js";
import { analyse, repair } from "./repairing.js";
import { decode, draw, encode, findDamage, Stream, withRims } from "./tasks.js";

const models = readModels();
const streams = new Map();
const WARM_UPS = 3;
const LONGEST_BENCHMARK_MS = 5000;

async function model(key) {
  const found = (await models).find((each) => each.key === key);
  if (!found) throw new Refusal(`no model is called '${key}'`);
  return found;
}

const calls = {
  start,
  randomWords: (_, seed, picture, count) => randomWords(seed, picture, count),
  normalValues: (_, words) => normalValues(words),
  latent: (_, seed, picture, size) => latent(seed, picture, size),
  analyse: (_, photo, quality) => analyse(photo, quality),
  repair: async (progress, accelerator, order) => repair(await models, accelerator, order, progress),
  findDamage: async (progress, key, accelerator, photo) => {
    const shown = (done, count) => progress("Looking for damage", done, count);
    const found = await findDamage(await model(key), accelerator, photo, shown);
    return { ...found, mask: withRims(found.mask, photo) };
  },
  draw: async (_, key, accelerator, seed, index, label) => draw(await model(key), accelerator, seed, index, label),
  encode: async (_, key, accelerator, picture) => encode(await model(key), accelerator, picture),
  decode: async (_, key, accelerator, code, label) => decode(await model(key), accelerator, code, label),
  nextFrame: async (_, key, accelerator, frame, noiseLevel, begins) => {
    if (begins || !streams.has(key)) streams.set(key, new Stream(await model(key), accelerator, noiseLevel));
    return streams.get(key).next(frame);
  },
  benchmark: async (progress, key, accelerator, rounds) => {
    const chosen = await model(key);
    const { network } = await open(chosen, accelerator);
    const signature = chosen.signatures.at(-1);
    const inputs = Object.fromEntries(signature.inputs.map((tensor) => [tensor.name, emptyValues(tensor)]));
    const times = [];
    const end = performance.now() + LONGEST_BENCHMARK_MS;
    for (let round = -WARM_UPS; round < rounds && (performance.now() < end || !times.length); round++) {
      const began = performance.now();
      await run(network, signature, inputs);
      if (round >= 0) times.push(performance.now() - began);
      progress("Measuring", Math.max(0, round + 1), rounds);
    }
    return times.sort((a, b) => a - b);
  },
};

self.onmessage = async ({ data: { id, name, args } }) => {
  const progress = (...what) => self.postMessage({ id, progress: what });
  try {
    self.postMessage({ id, value: await calls[name](progress, ...args) });
  } catch (problem) {
    if (problem instanceof Refusal) self.postMessage({ id, refusal: problem.message });
    else self.postMessage({ id, failure: String(problem?.message ?? problem) });
  }
};
