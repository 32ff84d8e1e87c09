/** Who can reach whom, and whom a node is told about at its start. Nodes are numbered from 0. */
export interface Topology {
  /** Whether there is a way between two nodes at all. */
  connects(a: number, b: number): boolean;
  /** Nodes that dial out and cannot be dialled. */
  dialOnly(node: number): boolean;
  seedsOf(node: number): readonly number[];
}

/**
 * `full`: everybody reaches everybody, and knows node 0. `ring`, `line`, `cliques` (two, joined by one node that is in
 * both): neighbours alone reach each other. `star`: all reach node 0 alone. `behindNat`: all but node 0 and 1 only dial out.
 */
export type TopologyName = 'full' | 'ring' | 'line' | 'star' | 'cliques' | 'behindNat';

export function createTopology(name: TopologyName, nodes: number): Topology {
  const middle = Math.floor(nodes / 2);
  switch (name) {
    case 'full':
      return { connects: () => true, dialOnly: () => false, seedsOf: (node) => (node === 0 ? [1] : [0]) };
    case 'ring':
      return neighbours(nodes, (a, b) => [1, nodes - 1].includes(Math.abs(a - b)));
    case 'line':
      return neighbours(nodes, (a, b) => Math.abs(a - b) === 1);
    case 'star':
      return neighbours(nodes, (a, b) => a === 0 || b === 0);
    case 'cliques':
      return neighbours(nodes, (a, b) => (a <= middle && b <= middle) || (a >= middle && b >= middle));
    case 'behindNat':
      return {
        connects: () => true,
        dialOnly: (node) => node > 1,
        seedsOf: (node) => [0, 1].filter((other) => other !== node),
      };
  }
}

function neighbours(nodes: number, connects: (a: number, b: number) => boolean): Topology {
  return {
    connects,
    dialOnly: () => false,
    seedsOf: (node) =>
      Array.from({ length: nodes }, (_, other) => other).filter(
        (other) => other !== node && connects(node, other),
      ),
  };
}
