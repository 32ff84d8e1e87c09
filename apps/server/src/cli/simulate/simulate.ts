import { Command } from 'commander';
import type { CliDeps } from '../program.ts';
import { addSimulateOptions, modeOf } from './options/options.ts';
import type { Given } from './settings.ts';
import { makeDirectory } from './write-files.ts';

/** `hearsay simulate`: the shipping state machines under virtual time. */
export function simulateCommand(deps: CliDeps): Command {
  const command = new Command('simulate')
    .description(
      'Spread updates through a simulated cluster and measure what it costs. What runs is what ships: whole nodes ' +
        'with their stores, or single state machines, in one process, on a virtual clock and network.\n\n' +
        'Options with ",…" take several values, separated by commas: a row for every combination. Ctrl-C prints what ' +
        'there is so far.',
    )
    .addHelpText('after', examples);
  return addSimulateOptions(command).action((given: Given) => simulate(given, deps));
}

async function simulate(given: Given, deps: CliDeps): Promise<void> {
  const mode = modeOf(given);
  if (given.out !== undefined) await makeDirectory(given.out);
  // Loaded only here: a node needs no simulator.
  switch (mode) {
    case 'nodes':
      return (await import('./run-spread.ts')).runNodes(given, deps);
    case 'epidemic':
      return (await import('./run-spread.ts')).runEpidemics(given, deps);
    case 'table':
      return (await import('./run-table.ts')).runTable(given, deps);
    case 'broadcast':
      return (await import('./run-broadcast.ts')).runBroadcast(given, deps);
    case 'detection':
      return (await import('./run-detection.ts')).runDetection(given, deps);
  }
}

const examples = `
Examples:
  hearsay simulate
      100 updates through 30 nodes in a full mesh, as Hearsay ships
  hearsay simulate --nodes 60 --loss 10% --partition 60/40@2-20 --crash 20%@5-25 --out plots
      the same through twice as many, a bad network, a partition and crashes
  hearsay simulate --nodes 60 --strategy rumour --k 1,2,3,4 --out plots
      rumours alone: what each step of k buys
  hearsay simulate --topology regions --regions eu:6,us:6,ap:4 --region-latency eu-us:40,us-ap:80,eu-ap:120
      three regions and the load of the links between them
  hearsay simulate --topology my-network.json
      a network of your own; docs/gossip.md tells the format
  hearsay simulate --epidemic --nodes 10000 --strategy paper-rumour,rumour
      the rumour machines alone, in cycles
  hearsay simulate --epidemic --topology two-grid --strategy anti-entropy --exponent 0,1.5,2
      anti-entropy with partners by distance, and the load of the joint
  hearsay simulate --table 1
      Table 1 of Demers et al., "Epidemic Algorithms for Replicated Database Maintenance" (1987, 1989)
`;
