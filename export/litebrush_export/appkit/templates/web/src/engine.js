// Models in LiteRT.js: on WebGPU where it reproduces the golden result, otherwise on WASM.
import { getWebGpuDevice, loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";
import { emptyValues, realValue, stored, storedByte } from "./encoding.js";
import { isPicture } from "./models.js";
import { Refusal } from "./refusal.js";

let started;
const compiled = new Map(); // "KEY ACCELERATOR" -> promise of {network, accelerator}

/** Loads LiteRT.js once; gives the accelerators that this browser has, the preferred one first. */
export function start() {
  started ??= (async () => {
    self.Module = { locateFile: (name) => `wasm/${name}` }; // in a worker it would be looked for beside the worker
    await loadLiteRt("./wasm/", { threads: self.crossOriginIsolated });
    const gpu = self.navigator.gpu && (await self.navigator.gpu.requestAdapter()) && getWebGpuDevice();
    return gpu ? ["webgpu", "wasm"] : ["wasm"];
  })();
  return started;
}

/** A model on an accelerator, or "auto" for the first that takes it: {network, accelerator}. */
export async function open(model, asked = "auto") {
  const available = await start();
  if (asked !== "auto" && !available.includes(asked)) throw new Refusal(`this browser has no ${asked}; choose another`);
  const candidates = asked === "auto" ? available : [asked];
  for (const accelerator of candidates) {
    const key = `${model.key} ${accelerator}`;
    if (!compiled.has(key)) compiled.set(key, compile(model, accelerator));
    try {
      return { network: await compiled.get(key), accelerator };
    } catch (problem) {
      if (problem instanceof Refusal || accelerator === candidates.at(-1)) throw problem;
      console.warn(`'${model.key}' does not run on ${accelerator}:`, problem.message);
    }
  }
}

async function compile(model, accelerator) {
  const bytes = await modelBytes(model);
  const gpuOptions = { precision: model.precision === "float16" ? "fp16" : "fp32" };
  const network = await loadAndCompile(bytes, accelerator === "webgpu" ? { accelerator, gpuOptions } : { accelerator });
  if (accelerator === "webgpu") {
    if (!network.isFullyAccelerated) throw new Error("only a part of the network runs there");
    await requireGolden(model, network);
  }
  return network;
}

async function modelBytes(model) {
  const response = await fetch(model.file);
  if (!response.ok) throw new Refusal(`the model '${model.name}' cannot be loaded (${response.status}); reload the page`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const digest = self.crypto.subtle && (await self.crypto.subtle.digest("SHA-256", bytes));
  const found = digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (bytes.length !== model.bytes || (found && found !== model.sha256)) {
    throw new Refusal(`the file of the model '${model.name}' is damaged; reload the page to fetch it again`);
  }
  return bytes;
}

/** Runs a signature. Takes and gives typed arrays by tensor name. */
export async function run(network, signature, inputs) {
  const tensors = {};
  let outputs = {};
  try {
    for (const each of signature.inputs) tensors[each.name] = new Tensor(inputs[each.name], each.shape);
    outputs = await network.run(signature.name, tensors);
    const values = {};
    for (const each of signature.outputs) {
      outputs[each.name] = await outputs[each.name].moveTo("wasm");
      values[each.name] = outputs[each.name].toTypedArray().slice();
    }
    return values;
  } finally {
    for (const tensor of [...Object.values(tensors), ...Object.values(outputs)]) tensor.delete();
  }
}

/** Replays the golden result of each signature. */
async function requireGolden(model, network) {
  for (const signature of model.signatures) {
    const inputs = {};
    for (const each of signature.inputs) inputs[each.name] = await goldenInput(model, signature, each);
    const found = await run(network, signature, inputs);
    for (const each of signature.outputs) {
      const off = await deviation(model, signature, each, found[each.name]);
      if (!(off <= model.gpu_tolerance)) throw new Error(`its golden result is off by ${off}`);
    }
  }
}

async function goldenBytes(model, signature, tensor) {
  return (await fetch(`golden/${model.key}.${signature.name}.${tensor.name}.bin`)).arrayBuffer();
}

async function goldenInput(model, signature, tensor) {
  const values = emptyValues(tensor);
  if (tensor.role === "state") return values.fill(stored(tensor, 0));
  const bytes = await goldenBytes(model, signature, tensor);
  const pixels = new Uint8Array(bytes);
  if (isPicture(tensor)) return values.map((_, place) => storedByte(tensor, pixels[place]));
  const reals = new Float32Array(bytes);
  if (tensor.role === "noise_level") return values.fill(storedByte(tensor, reals[0]));
  return values.map((_, place) => stored(tensor, reals[place]));
}

async function deviation(model, signature, tensor, values) {
  const expected = new values.constructor(await goldenBytes(model, signature, tensor));
  const channels = tensor.shape.at(-1);
  const width = tensor.shape.length === 4 ? tensor.shape[2] : 1;
  const line = (tensor.shape.length === 4 ? tensor.golden_size[1] : 1) * channels;
  let largest = 0;
  let unit = 1;
  expected.forEach((value, place) => {
    const real = realValue(tensor, value);
    const at = Math.floor(place / line) * width * channels + (place % line);
    largest = Math.max(largest, Math.abs(realValue(tensor, values[at]) - real));
    unit = Math.max(unit, Math.abs(real));
  });
  return largest / (isPicture(tensor) ? Math.abs(tensor.maximum - tensor.minimum) : unit);
}
