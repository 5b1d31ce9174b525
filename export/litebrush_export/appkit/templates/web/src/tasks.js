// What the models are for. A picture is {height, width, values}: bytes of (R, G, B); a mask has one byte a pixel.
import { byteOf, emptyValues, realValue, stored, storedByte } from "./encoding.js";
import { open, run } from "./engine.js";
import { latent } from "./latents.js";
import { tensorOf } from "./models.js";
import { TiledNetwork } from "./network.js";
import { filledFromAround } from "./pyramid_fill.js";
import { Refusal } from "./refusal.js";

const LIKELY_ABOVE = 127;
const RIM = 1; // pixels

async function opened(model, accelerator) {
  const { network, accelerator: found } = await open(model, accelerator);
  return { tiled: new TiledNetwork(model, network), accelerator: found };
}

const blank = (picture, channels) => ({
  height: picture.height,
  width: picture.width,
  values: new Uint8Array(picture.height * picture.width * channels),
});

export async function restore(model, accelerator, photo, noiseLevel, progress) {
  const { tiled, accelerator: found } = await opened(model, accelerator);
  const input = tensorOf(tiled.signature.inputs, "image").name;
  const output = tensorOf(tiled.signature.outputs, "image").name;
  const picture = blank(photo, 3);
  await tiled.run(photo.height, photo.width, { [input]: photo }, { [output]: picture }, { noiseLevel, progress });
  return { picture, accelerator: found };
}

/** Fills in where the mask, 255 = missing, is set; every other pixel stays. */
export async function inpaint(model, accelerator, photo, mask, progress) {
  const { tiled, accelerator: found } = await opened(model, accelerator);
  const names = ["image", "mask"].map((role) => tensorOf(tiled.signature.inputs, role).name);
  const output = tensorOf(tiled.signature.outputs, "image").name;
  const guessed = { ...photo, values: filledFromAround(photo, mask) };
  const filled = { ...photo, values: photo.values.slice() };
  const missing = { ...photo, values: mask };
  const inputs = { [names[0]]: guessed, [names[1]]: missing };
  await tiled.run(photo.height, photo.width, inputs, { [output]: filled }, { progress, wanted: mask });
  mask.forEach((value, place) => {
    if (!value) filled.values.set(photo.values.subarray(3 * place, 3 * place + 3), 3 * place);
  });
  return { picture: filled, accelerator: found };
}

/** A mask, 255 where damage is likelier than not. */
export async function findDamage(model, accelerator, photo, progress) {
  const { tiled, accelerator: found } = await opened(model, accelerator);
  const input = tensorOf(tiled.signature.inputs, "image").name;
  const output = tensorOf(tiled.signature.outputs, "mask").name;
  const mask = blank(photo, 1);
  await tiled.run(photo.height, photo.width, { [input]: photo }, { [output]: mask }, { progress });
  return { mask: mask.values.map((value) => (value > LIKELY_ABOVE ? 255 : 0)), accelerator: found };
}

/** A mask with the pixels beside what it marks: the rim of a scratch is half transparent. */
export function withRims(mask, { height, width }) {
  const grown = mask.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!mask[y * width + x]) continue;
      for (let row = Math.max(0, y - RIM); row <= Math.min(height - 1, y + RIM); row++) {
        grown.fill(255, row * width + Math.max(0, x - RIM), row * width + Math.min(width - 1, x + RIM) + 1);
      }
    }
  }
  return grown;
}

/** Picture `index` of a seed (both BigInt), of a class where there are classes. */
export async function draw(model, accelerator, seed, index, label) {
  const signature = model.signatures.find(({ inputs }) => tensorOf(inputs, "latent"));
  const tensor = tensorOf(signature.inputs, "latent");
  const size = tensor.shape.reduce((a, b) => a * b);
  return decode(model, accelerator, latent(seed, index, size), label);
}

/** The picture of a latent, Float32Array. */
export async function decode(model, accelerator, code, label) {
  const { network, accelerator: found } = await open(model, accelerator);
  const signature = model.signatures.find(({ inputs }) => tensorOf(inputs, "latent"));
  const tensor = tensorOf(signature.inputs, "latent");
  const inputs = { [tensor.name]: emptyValues(tensor).map((_, place) => stored(tensor, code[place])) };
  const classes = tensorOf(signature.inputs, "label");
  if (classes) {
    const chosen = model.labels.indexOf(label);
    if (chosen < 0) throw new Refusal(`'${model.name}' cannot draw '${label}'; it draws ${model.labels.join(", ")}`);
    inputs[classes.name] = emptyValues(classes).map((_, place) => stored(classes, place === chosen ? 1 : 0));
  }
  const output = tensorOf(signature.outputs, "image");
  const values = (await run(network, signature, inputs))[output.name];
  const [, height, width] = output.shape;
  return { picture: { height, width, values: Uint8Array.from(values, (value) => byteOf(output, value)) }, accelerator: found };
}

/** The latent of a picture of the network's own size, Float32Array. */
export async function encode(model, accelerator, picture) {
  const { network } = await open(model, accelerator);
  const signature = model.signatures.find(({ outputs }) => tensorOf(outputs, "latent"));
  const tensor = tensorOf(signature.inputs, "image");
  const inputs = { [tensor.name]: emptyValues(tensor).map((_, place) => storedByte(tensor, picture.values[place])) };
  const output = tensorOf(signature.outputs, "latent");
  return Float32Array.from((await run(network, signature, inputs))[output.name], (value) => realValue(output, value));
}

/** A video: frame after frame of one size, with what is remembered of those before it. */
export class Stream {
  constructor(model, accelerator, noiseLevel) {
    Object.assign(this, { model, asked: accelerator, noiseLevel, states: null });
  }

  async next(frame) {
    const { tiled, accelerator } = await opened(this.model, this.asked);
    if (!this.states || frame.height !== this.height || frame.width !== this.width) {
      Object.assign(this, { height: frame.height, width: frame.width });
      this.states = tiled.zeroStates(frame.height, frame.width);
    }
    const following = tiled.zeroStates(frame.height, frame.width);
    const input = tensorOf(tiled.signature.inputs, "image").name;
    const output = tensorOf(tiled.signature.outputs, "image").name;
    const picture = blank(frame, 3);
    const outputs = { [output]: picture };
    for (const { name, becomes } of tiled.signature.outputs) if (becomes) outputs[name] = following[becomes];
    const { noiseLevel } = this;
    await tiled.run(frame.height, frame.width, { [input]: frame, ...this.states }, outputs, { noiseLevel });
    this.states = following;
    return { picture, accelerator };
  }
}
