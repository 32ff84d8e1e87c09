/** When which update was stored on which node. Times are milliseconds of the run. */
export class Arrivals {
  readonly #nodes: number;
  readonly #updates: { readonly origin: number; readonly storedAt: number; readonly at: Float64Array }[] = [];
  readonly #numbers = new Map<string, number>();
  #count = 0;

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  /** Updates that their origin has stored. */
  get updates(): number {
    return this.#updates.length;
  }

  /** Arrivals at other nodes than the origin. */
  get count(): number {
    return this.#count;
  }

  stored(update: string, origin: number, now: number): void {
    const at = new Float64Array(this.#nodes).fill(Number.NaN);
    at[origin] = now;
    this.#numbers.set(update, this.#updates.push({ origin, storedAt: now, at }) - 1);
  }

  arrived(update: string, node: number, now: number): void {
    const known = this.#updates[this.#numbers.get(update) ?? -1];
    if (known === undefined || !Number.isNaN(known.at[node])) return;
    known.at[node] = now;
    this.#count++;
  }

  /** What of all updates is missing on `nodes`, and how large it could be: pairs of a node and an update not its own. */
  missing(nodes: readonly number[]): { readonly missing: number; readonly pairs: number } {
    let missing = 0;
    let pairs = 0;
    for (const { origin, at } of this.#updates) {
      for (const node of nodes) {
        if (node === origin) continue;
        pairs++;
        if (Number.isNaN(at[node])) missing++;
      }
    }
    return { missing, pairs };
  }

  /** Mean delay over all arrivals on `nodes`, and the mean over the updates of their last one. */
  delays(nodes: readonly number[]): { readonly mean: number; readonly last: number } {
    let sum = 0;
    let count = 0;
    let lasts = 0;
    for (const { origin, storedAt, at } of this.#updates) {
      let last = 0;
      for (const node of nodes) {
        const delay = (at[node] ?? Number.NaN) - storedAt;
        if (node === origin || Number.isNaN(delay)) continue;
        sum += delay;
        count++;
        last = Math.max(last, delay);
      }
      lasts += last;
    }
    return { mean: sum / Math.max(1, count), last: lasts / Math.max(1, this.#updates.length) };
  }

  /** How many pairs of a node and an update stored somewhere had come together by `now`, and how many had not. */
  at(now: number): { readonly have: number; readonly lack: number } {
    let have = 0;
    let lack = 0;
    for (const { storedAt, at } of this.#updates) {
      if (storedAt > now) continue;
      for (const arrival of at) {
        if (arrival <= now) have++;
        else lack++;
      }
    }
    return { have, lack };
  }
}
