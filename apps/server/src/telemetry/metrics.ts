import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** A number that is read when somebody asks for the metrics. */
export interface Observed {
  readonly name: string;
  readonly help: string;
  /** `counter`: only grows while the process lives. */
  readonly kind: 'gauge' | 'counter';
  /** Values by label value; a single one under the empty string has no label. */
  readonly read: () => Readonly<Record<string, number>>;
  readonly label?: string;
}

/** The registry of one node: nothing is global, so that several nodes fit in a process. */
export function createMetrics(observed: readonly Observed[]): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagSampleMs });
  for (const metric of observed) register(registry, metric);
  return registry;
}

/**
 * Between two looks at how late the event loop is. At the library's 10 a node that does nothing woke a hundred times a second,
 * for half of all the processor time it took.
 */
const lagSampleMs = 100;

function register(registry: Registry, { name, help, kind, read, label }: Observed): void {
  const labelNames = label === undefined ? [] : [label];
  if (kind === 'gauge') {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, number] of Object.entries(read())) this.set(labelsOf(label, value), number);
      },
    });
    return;
  }
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      // The count is kept where it happens; here it is only shown.
      this.reset();
      for (const [value, number] of Object.entries(read())) this.inc(labelsOf(label, value), number);
    },
  });
}

function labelsOf(label: string | undefined, value: string): Record<string, string> {
  return label === undefined ? {} : { [label]: value };
}
