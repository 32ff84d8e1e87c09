import { type Estimate, Sample } from '../epidemic/estimate.ts';
import type { Network } from '../map/network.ts';
import { LinkLoads } from './link-load.ts';
import type { SpreadFigure, SpreadMoment, SpreadRow } from './report.ts';

/** What one run has shown. */
export interface SpreadRun {
  readonly figures: Readonly<Partial<Record<SpreadFigure, number>>>;
  /** By link; null where there are too many to be counted. */
  readonly loads: Float64Array | null;
  readonly moments: readonly SpreadMoment[];
}

/** Gathers the runs of one row. */
export class RowSamples {
  readonly #samples = new Map<SpreadFigure, Sample>();
  readonly #network: Network;
  #links: LinkLoads | undefined;
  readonly #worst = new Map<string, number>();
  #spread: readonly SpreadMoment[] = [];
  #runs = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  get runs(): number {
    return this.#runs;
  }

  add({ figures, loads, moments }: SpreadRun): void {
    const links = loads === null ? {} : this.#addLinks(loads);
    for (const [figure, value] of Object.entries({ ...figures, ...links })) {
      // The keys of an object literal of figures; the compiler widens them.
      const name = figure as SpreadFigure;
      const sample = this.#samples.get(name) ?? new Sample();
      this.#samples.set(name, sample);
      sample.add(value);
    }
    if (this.#runs === 0) this.#spread = moments;
    this.#runs++;
  }

  #addLinks(loads: Float64Array): Pick<SpreadRun['figures'], 'linkMean' | 'linkLargest'> {
    this.#links ??= new LinkLoads(this.#network);
    const { mean, largest, worst } = this.#links.add(loads);
    this.#worst.set(worst, (this.#worst.get(worst) ?? 0) + 1);
    return { linkMean: mean, linkLargest: largest };
  }

  row(label: string, isCutShort: boolean): SpreadRow {
    const estimates = [...this.#samples].map(([figure, sample]): readonly [string, Estimate] => [
      figure,
      sample.estimate(),
    ]);
    const [worst = ['', 0]] = [...this.#worst].sort(([, a], [, b]) => b - a);
    return {
      label,
      runs: isCutShort ? 0 : this.#runs,
      figures: Object.fromEntries(estimates),
      worstLink: worst[0],
      links: this.#links?.perLink() ?? [],
      spread: this.#spread,
      isCutShort,
    };
  }
}
