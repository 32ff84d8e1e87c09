/** What stores count when they have found damage. */
export const damageSigns: readonly string[] = [
  'store:documentsDamaged',
  'store:recordsDamaged',
  'store:logHoles',
  'store:scrubRepairs',
];

/** Counts what happened in a run: faults that fired and states worth having been in. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  count(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  add(other: Coverage): void {
    for (const [what, times] of other.#counts) this.count(what, times);
  }

  /** By name, ascending. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
