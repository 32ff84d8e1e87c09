// A process of its own that floods a node, in one of three ways, until its parent ends it.
import { setPriority } from 'node:os';
import { floodAsClient } from './as-client.ts';
import { floodAsPeer } from './as-peer.ts';
import type { FloodCommand, FloodReport } from './flood-messages.ts';
import { floodWithRequests } from './with-requests.ts';

setPriority(19);
const floods = { peer: floodAsPeer, client: floodAsClient, requests: floodWithRequests } as const;
let report = (): Omit<FloodReport, 'type'> => ({ sent: 0, answered: {}, losses: 0 });

process.on('message', (command: FloodCommand) => {
  if (command.type === 'begin') report = floods[command.kind](command.url, command.secret);
  else process.send?.({ type: 'report', ...report() } satisfies FloodReport);
});
process.once('disconnect', () => process.exit());
