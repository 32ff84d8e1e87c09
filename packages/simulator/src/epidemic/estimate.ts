/** A mean over runs, with half the width of its 95 % confidence interval (Student's t). */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth: number;
  readonly runs: number;
}

/** Collects one figure of many runs without keeping them (Welford). */
export class Sample {
  #runs = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#runs++;
    const difference = value - this.#mean;
    this.#mean += difference / this.#runs;
    this.#squares += difference * (value - this.#mean);
  }

  /** A single run has no confidence interval: its half width is infinite. */
  estimate(): Estimate {
    const freedom = this.#runs - 1;
    const halfWidth =
      freedom < 1
        ? Number.POSITIVE_INFINITY
        : studentQuantile(freedom) * Math.sqrt(this.#squares / freedom / this.#runs);
    return { mean: this.#mean, halfWidth, runs: this.#runs };
  }
}

/** The 97.5 % quantile of Student's t: exact for one and two degrees of freedom, else Hill's expansion (1 % at 3). */
export function studentQuantile(freedom: number): number {
  if (freedom === 1) return 12.706;
  if (freedom === 2) return 4.303;
  const z = 1.959964;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / freedom + second / freedom ** 2 + third / freedom ** 3;
}
