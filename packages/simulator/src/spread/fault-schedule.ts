import type { Random } from '@hearsay/core';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import type { ClusterMap } from '../map/cluster-map.ts';
import type { Faults, PlannedCrash, PlannedPartition } from './scenario.ts';

/** Puts all faults into the future of a cluster; returns when the last of them will be over. */
export function scheduleFaults(
  faults: Faults,
  cluster: SimulatedCluster,
  map: ClusterMap,
  random: Random,
  crashing: (node: number) => void,
): number {
  const { time, network } = cluster;
  network.conditions.loss = faults.loss;
  network.conditions.stragglers = faults.stragglers;
  network.faults.rate('duplicate', faults.duplicated);
  network.faults.rate('swap', faults.reordered);
  let overMs = 0;
  for (const partition of faults.partitions) {
    const groups = groupsOf(partition, map);
    time.after(partition.fromMs, () => {
      const heal = cluster.partition(groups);
      time.after(partition.untilMs - partition.fromMs, heal);
    });
    overMs = Math.max(overMs, partition.untilMs);
  }
  for (const crash of faults.crashes) {
    const victims = victimsOf(crash, map, random);
    time.after(crash.atMs, () => {
      for (const node of victims) {
        crashing(node);
        void cluster.node(node).kill();
      }
    });
    overMs = Math.max(overMs, crash.backMs ?? crash.atMs);
    if (crash.backMs === null) continue;
    time.after(crash.backMs, () => {
      for (const node of victims) cluster.node(node).start();
    });
  }
  return overMs;
}

/** Names a fault speaks of and the map does not know. */
export function unknownNames({ partitions, crashes }: Faults, map: ClusterMap): string[] {
  const names = [
    ...partitions.flatMap(({ groups }) => groups.flat().filter((name) => typeof name === 'string')),
    ...crashes.flatMap(({ who }) => (typeof who === 'string' ? [who] : [])),
  ];
  return names.filter((name) => nodesOf(map).every((node) => !isCalled(map, node, name)));
}

function groupsOf({ groups }: PlannedPartition, map: ClusterMap): number[][] {
  const nodes = nodesOf(map);
  const total = groups.reduce<number>((sum, group) => sum + (typeof group === 'number' ? group : 0), 0);
  let before = 0;
  const found = groups.map((group): number[] => {
    if (typeof group !== 'number') {
      return nodes.filter((node) => group.some((name) => isCalled(map, node, name)));
    }
    const first = Math.round((before / total) * nodes.length);
    before += group;
    return nodes.slice(first, Math.round((before / total) * nodes.length));
  });
  const rest = nodes.filter((node) => !found.some((group) => group.includes(node)));
  return [...found, rest].filter((group) => group.length > 0);
}

function victimsOf({ who }: PlannedCrash, map: ClusterMap, random: Random): number[] {
  const nodes = nodesOf(map);
  if (typeof who === 'string') return nodes.filter((node) => isCalled(map, node, who));
  return random.shuffled(nodes).slice(0, Math.max(1, Math.round(who * nodes.length)));
}

function isCalled(map: ClusterMap, node: number, name: string): boolean {
  return map.network.siteName(node) === name || map.regionOf(node) === name;
}

function nodesOf({ network }: ClusterMap): number[] {
  return Array.from({ length: network.sites }, (_, node) => node);
}
