// Picture bytes and real values to tensor values and back, in the same float32 steps as Python's.

const ARRAYS = { float32: Float32Array, uint8: Uint8Array };
const float = Math.fround;

/** Halves go to the even neighbour. */
export function rounded(value) {
  const down = Math.floor(value);
  const above = value - down;
  return above < 0.5 || (above === 0.5 && down % 2 === 0) ? down : down + 1;
}

/** Zeros that a tensor of models.json can be filled with. */
export const emptyValues = (tensor) => new ARRAYS[tensor.dtype](tensor.shape.reduce((a, b) => a * b));

/** A real value as the tensor stores it. */
export function stored(tensor, real) {
  if (tensor.dtype === "float32") return float(real);
  const value = rounded(float(real / float(tensor.scale))) + tensor.zero_point;
  return Math.min(Math.max(value, 0), 255);
}

/** The real value that a stored one stands for. */
export function realValue(tensor, value) {
  return tensor.dtype === "float32" ? value : float((value - tensor.zero_point) * float(tensor.scale));
}

const step = (tensor) => float((tensor.maximum - tensor.minimum) / 255);

/** A byte of a picture, or a noise level in grey levels, as the tensor stores it. */
export function storedByte(tensor, byte) {
  const whole = tensor.dtype === "float32" ? float(byte) : rounded(byte);
  return stored(tensor, float(float(tensor.minimum) + float(whole * step(tensor))));
}

/** The same for all 256 bytes. */
export const byteTable = (tensor) => Array.from({ length: 256 }, (_, byte) => storedByte(tensor, byte));

/** A stored value as a byte, rounded and clipped. */
export function byteOf(tensor, value) {
  const byte = rounded(float(float(realValue(tensor, value) - float(tensor.minimum)) / step(tensor)));
  return Math.min(Math.max(byte, 0), 255);
}

/** The value of one tensor as another one stores it. */
export function handedOver(from, value, to) {
  const same = from.dtype === to.dtype && from.scale === to.scale && from.zero_point === to.zero_point;
  return same ? value : stored(to, realValue(from, value));
}
