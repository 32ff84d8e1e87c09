/** One tunable of a machine, as documentation, help texts and defaults need it. */
export interface Setting<Value> {
  readonly default: Value;
  /** Unit of the value, or what kind of thing it is. */
  readonly unit: string;
  /** What it decides, and the formula it enters where there is one. */
  readonly formula: string;
  /** What a larger value buys and costs. */
  readonly tradeOff: string;
  /** Where the default comes from: a paper, another system, a measurement, a guess. */
  readonly origin: string;
  /** All that it may be, where that is a few words. */
  readonly values?: readonly Value[];
  /** The smallest number it may be; 1 when not given and the default is 1 or more, else 0. */
  readonly min?: number;
  /** Whether it may be null. */
  readonly isNullable?: true;
}

/** The whole of a machine's configuration, one setting per field. */
export type Settings<Config> = { readonly [Name in keyof Config]-?: Setting<Config[Name]> };

/** The configuration that a table of settings starts from. */
export function defaultsOf<Config extends object>(settings: Settings<Config>): Config {
  const entries = Object.entries<Setting<unknown>>(settings).map(([name, setting]) => [
    name,
    setting.default,
  ]);
  // The mapped type above is the proof; `fromEntries` cannot express it.
  return Object.fromEntries(entries) as Config;
}
