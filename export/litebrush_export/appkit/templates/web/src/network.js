// Pictures, masks and states of any size through one network, tile by tile.
import { byteOf, byteTable, emptyValues, handedOver, stored, storedByte } from "./encoding.js";
import { run } from "./engine.js";
import { isPicture, tensorOf } from "./models.js";
import { planAxis, reflected } from "./tiling.js";

/** A field is {height, width, values}: bytes of a picture or mask, or a state as the input stores it. */
export class TiledNetwork {
  constructor(model, network) {
    this.model = model;
    this.network = network;
    this.signature = model.signatures[0];
    [, this.tileHeight, this.tileWidth] = tensorOf(this.signature.inputs, "image").shape;
    this.tables = new Map(this.signature.inputs.filter(isPicture).map((tensor) => [tensor.name, byteTable(tensor)]));
  }

  /** How a picture is cut. */
  plan(height, width) {
    const { halo, alignment } = this.model;
    const rows = planAxis(height, this.tileHeight, halo, alignment);
    const columns = planAxis(width, this.tileWidth, halo, alignment);
    return { rows, columns, height: rows.at(-1).start + this.tileHeight, width: columns.at(-1).start + this.tileWidth };
  }

  /** States that stand for zero, by input name. */
  zeroStates(height, width) {
    const plan = this.plan(height, width);
    const states = this.signature.inputs.filter((tensor) => tensor.role === "state");
    return Object.fromEntries(
      states.map((tensor) => {
        const field = { height: plan.height / this.divisor(tensor), width: plan.width / this.divisor(tensor) };
        const values = emptyValues({ ...tensor, shape: [field.height, field.width, tensor.shape.at(-1)] });
        return [tensor.name, { ...field, values: values.fill(stored(tensor, 0)) }];
      }),
    );
  }

  /**
   * Runs over a picture.
   * @param inputs fields by input name.
   * @param outputs fields to be filled, by output name; what is not asked for is not read.
   * @param options noiseLevel in grey levels; progress(done, count); wanted, a mask: tiles without any of it are left out.
   */
  async run(height, width, inputs, outputs, { noiseLevel = 0, progress = () => {}, wanted = null } = {}) {
    const { rows, columns } = this.plan(height, width);
    let done = 0;
    for (const row of rows) {
      for (const column of columns) {
        if (!wanted || isWanted(wanted, width, row, column)) {
          const fed = {};
          for (const tensor of this.signature.inputs) {
            fed[tensor.name] = this.feed(tensor, inputs[tensor.name], row, column, noiseLevel);
          }
          const found = await run(this.network, this.signature, fed);
          for (const tensor of this.signature.outputs) {
            if (outputs[tensor.name]) {
              const last = { row: row === rows.at(-1), column: column === columns.at(-1) };
              this.keep(tensor, found[tensor.name], outputs[tensor.name], row, column, last);
            }
          }
        }
        progress(++done, rows.length * columns.length);
      }
    }
  }

  feed(tensor, field, row, column, noiseLevel) {
    const values = emptyValues(tensor);
    if (tensor.role === "noise_level") return values.fill(storedByte(tensor, noiseLevel));
    const [, height, width, channels] = tensor.shape;
    const table = this.tables.get(tensor.name);
    const places = this.divisor(tensor);
    const from = Array.from({ length: width }, (_, x) => reflected(column.start / places + x, field.width) * channels);
    let place = 0;
    for (let y = 0; y < height; y++) {
      const line = reflected(row.start / places + y, field.height) * field.width * channels;
      for (let x = 0; x < width; x++) {
        for (let channel = 0; channel < channels; channel++) {
          const value = field.values[line + from[x] + channel];
          values[place++] = table ? table[value] : value;
        }
      }
    }
    return values;
  }

  keep(tensor, values, field, row, column, last) {
    const [, , width, channels] = tensor.shape;
    const places = this.divisor(tensor);
    const target = this.signature.inputs.find((input) => input.name === tensor.becomes);
    const convert = target ? (value) => handedOver(tensor, value, target) : (value) => byteOf(tensor, value);
    const stopY = last.row ? field.height : row.keepStop / places; // a state's last tile gives the padding, too
    const stopX = last.column ? field.width : column.keepStop / places;
    for (let y = row.keepStart / places; y < stopY; y++) {
      for (let x = column.keepStart / places; x < stopX; x++) {
        const from = ((y - row.start / places) * width + x - column.start / places) * channels;
        const to = (y * field.width + x) * channels;
        for (let channel = 0; channel < channels; channel++) field.values[to + channel] = convert(values[from + channel]);
      }
    }
  }

  /** Pixels of the picture's side for one of the tensor's. */
  divisor(tensor) {
    return this.tileHeight / tensor.shape[1];
  }
}

function isWanted(mask, width, row, column) {
  for (let y = row.keepStart; y < row.keepStop; y++) {
    for (let x = column.keepStart; x < column.keepStop; x++) if (mask[y * width + x]) return true;
  }
  return false;
}
