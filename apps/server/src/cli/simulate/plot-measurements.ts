import type { BroadcastReport, DetectionReport } from '@hearsay/simulator';
import { frame, svg } from './plot.ts';

/** Payloads and time to the last arrival, for each way of broadcasting. */
export function broadcastPlot({ rows }: BroadcastReport): Promise<string> {
  const values = rows.map(({ label, figures }) => {
    const [nodes = '', strategy = ''] = label.split(/, (.*)/);
    return { nodes, strategy, payloads: figures.payloads.mean, last: figures.lastMs.mean };
  });
  const panel = (field: string, title: string) =>
    ({
      width: 240,
      height: 220,
      mark: 'bar',
      encoding: {
        x: { field: 'nodes', type: 'nominal', sort: null, title: null, axis: { labelAngle: 0 } },
        xOffset: { field: 'strategy', sort: null },
        y: { field, type: 'quantitative', title },
        color: { field: 'strategy', type: 'nominal', sort: null, title: null },
      },
    }) as const;
  return svg({
    background: frame.background,
    padding: frame.padding,
    config: frame.config,
    title: 'One update over partial views; the limit is 1 payload a node',
    data: { values },
    hconcat: [panel('payloads', 'payloads received, a node'), panel('last', 'ms to the last arrival')],
  });
}

/** False suspicions an hour, with and without Lifeguard. */
export function detectionPlot({ rows }: DetectionReport): Promise<string> {
  const values = rows.flatMap(({ label, alarms }) => [
    { row: label, of: 'members that are well', suspicions: alarms?.suspicionsOfHealthy ?? 0 },
    { row: label, of: 'members that are slow', suspicions: alarms?.suspicionsOfSlow ?? 0 },
  ]);
  return svg({
    ...frame,
    height: 220,
    title: 'False suspicions while nobody dies',
    data: { values },
    mark: 'bar',
    encoding: {
      x: { field: 'of', type: 'nominal', sort: null, title: null, axis: { labelAngle: 0 } },
      xOffset: { field: 'row', sort: null },
      y: { field: 'suspicions', type: 'quantitative', title: 'suspicions, a node and hour' },
      color: { field: 'row', type: 'nominal', sort: null, title: null },
    },
  });
}
