/**
 * Demers' spatial distribution: the weight of rank i, nearest first, is i^-a; sites at equal distance share the
 * average over their ranks (errata of the paper). In the order of `distances`, not normalised.
 */
export function rankWeights(distances: readonly number[], exponent: number): Float64Array {
  const order = distances.map((_, index) => index).sort((x, y) => at(distances, x) - at(distances, y));
  const weights = new Float64Array(distances.length);
  for (let start = 0; start < order.length; ) {
    const distance = at(distances, order[start] ?? 0);
    let end = start;
    let sum = 0;
    while (end < order.length && at(distances, order[end] ?? 0) === distance) sum += (++end) ** -exponent;
    for (let i = start; i < end; i++) weights[order[i] ?? 0] = sum / (end - start);
    start = end;
  }
  return weights;
}

/** Running sums, for {@link drawIndex}. */
export function cumulate(weights: Float64Array): Float64Array {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}

/** The index on which `point`, uniform in [0, 1), falls. */
export function drawIndex(cumulated: Float64Array, point: number): number {
  const target = point * (cumulated[cumulated.length - 1] ?? 0);
  let low = 0;
  let high = cumulated.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cumulated[middle] ?? 0) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? Number.POSITIVE_INFINITY;
}
