import { clusterMap, type MapPlan, type MapShape, type Region } from '@hearsay/simulator';
import { HearsayError } from '../../failures.ts';
import type { Given } from './settings.ts';
import { readTopology } from './topology-file.ts';

/** Networks other than a full mesh keep routes, whole nodes keep stores: larger ones do not fit into one process. */
const maxSites = 2000;

export interface MapDefaults {
  readonly nodes: number;
  /** Largest full mesh. */
  readonly maxNodes: number;
}

/** The network of one row. */
export async function planMap(
  given: Given,
  nodes: number | undefined,
  { nodes: usualNodes, maxNodes }: MapDefaults,
): Promise<MapPlan> {
  const { topology = 'full', latency = 5, jitter = 5 } = given;
  for (const name of ['regions', 'regionLatency'] as const) {
    if (given[name] === undefined || topology === 'regions') continue;
    const flag = name === 'regions' ? '--regions' : '--region-latency';
    throw new HearsayError('USAGE', `${flag} is for --topology regions`);
  }
  const { shape, reach } = await shapeOf(topology, given, nodes, usualNodes);
  const plan = { shape, link: { baseMs: latency, jitterMs: jitter }, reach: given.reach ?? reach ?? 'any' };
  const most = shape.kind === 'full' ? maxNodes : maxSites;
  const { sites } = clusterMap(plan).network;
  if (sites <= most) return plan;
  throw new HearsayError('USAGE', `${sites} nodes are too many here; at most ${most} are simulated`);
}

async function shapeOf(
  topology: string,
  given: Given,
  nodes: number | undefined,
  usualNodes: number,
): Promise<{ readonly shape: MapShape; readonly reach?: MapPlan['reach'] | undefined }> {
  switch (topology) {
    case 'full':
    case 'ring':
    case 'line':
    case 'grid':
      return { shape: { kind: topology, nodes: nodes ?? usualNodes } };
    case 'two-grid':
      refuseNodes(nodes, 'two-grid has 300 nodes');
      return { shape: { kind: 'two-grid' } };
    case 'regions':
      return { shape: regionShape(given, nodes, usualNodes) };
    default:
      refuseNodes(nodes, 'the file says which nodes there are');
      return readTopology(topology);
  }
}

function regionShape(given: Given, nodes: number | undefined, usualNodes: number): MapShape {
  const { regions = ['eu', 'us', 'ap'].map((name) => ({ name, nodes: null })), regionLatency = 80 } = given;
  const counted = regions.filter((region) => region.nodes !== null);
  if (counted.length > 0 && counted.length < regions.length) {
    throw new HearsayError('USAGE', '--regions takes a number of nodes for each region or for none');
  }
  if (counted.length > 0) refuseNodes(nodes, '--regions says how many there are');
  if (new Set(regions.map(({ name }) => name)).size < regions.length) {
    throw new HearsayError('USAGE', '--regions names one region twice');
  }
  const total = nodes ?? usualNodes;
  const sized = regions.map(({ name, nodes: own }, index): Region => {
    const even = Math.floor((total + index) / regions.length);
    return { name, sites: own ?? even };
  });
  if (typeof regionLatency === 'number') {
    const between = sized.flatMap((a, index) =>
      sized.slice(index + 1).map((b) => ({ regions: [a.name, b.name] as const, latencyMs: regionLatency })),
    );
    return { kind: 'regions', regions: sized, between };
  }
  for (const name of regionLatency.flatMap((pair) => pair.regions)) {
    if (sized.some((region) => region.name === name)) continue;
    throw new HearsayError('USAGE', `--region-latency names ${name}, which is no region`);
  }
  return { kind: 'regions', regions: sized, between: regionLatency };
}

function refuseNodes(nodes: number | undefined, why: string): void {
  if (nodes !== undefined) throw new HearsayError('USAGE', `leave out --nodes: ${why}`);
}
