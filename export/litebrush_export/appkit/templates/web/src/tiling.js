// Cutting a picture so that the results of the pieces meet without a seam.

const roundUp = (length, multiple) => Math.ceil(length / multiple) * multiple;

/** As few tiles of one length as possible, each at least a halo from its cuts: [{start, keepStart, keepStop}]. */
export function planAxis(length, tile, halo, alignment) {
  const padded = roundUp(length, alignment);
  if (padded <= tile) return [{ start: 0, keepStart: 0, keepStop: length }];
  const overlap = roundUp(2 * halo, alignment);
  const count = Math.ceil((padded - overlap) / (tile - overlap));
  const starts = Array.from({ length: count }, (_, index) => Math.min(index * (tile - overlap), padded - tile));
  const cuts = [0, ...starts.slice(1).map((start) => start + halo), length];
  return starts.map((start, index) => ({ start, keepStart: cuts[index], keepStop: cuts[index + 1] }));
}

/** Which of a picture's rows or columns a place beyond its end shows: reflection, the edge repeated. */
export function reflected(place, length) {
  const within = place % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}
