// A process of its own that holds a part of a herd. It ends with its parent.
import { hocuspocus, yWebsocket } from '../../bench/fan-out/frames.ts';
import { type HerdClient, Refusals } from './herd-client.ts';
import type { HerdAnswer, HerdCommand, HerdPlan } from './herd-messages.ts';
import { ProviderClient, type ProviderKind } from './provider-client.ts';
import { RawClient } from './raw-client.ts';

// Every stock provider listens for the end of the process.
process.setMaxListeners(0);

const refusals = new Refusals();
const clients: HerdClient[] = [];
let served = new Set<HerdClient>();
let lastServedAt = 0;
let turn = 0;

process.on('message', (command: HerdCommand) => {
  switch (command.type) {
    case 'begin':
      begin(command.plan);
      break;
    case 'mark':
      served = new Set();
      break;
    case 'report':
      review();
      answer({
        type: 'report',
        clients: clients.length,
        served: clients.filter((client) => client.isServed()).length,
        servedSinceMark: served.size,
        lastServedAt,
        attempts: clients.reduce((sum, { attempts }) => sum + attempts, 0),
        acknowledged: clients.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
        refused: refusals.byStatus,
        refusedWithRetryAfter: refusals.withRetryAfter,
      });
      break;
    case 'tokens': {
      const tokens: Record<string, string[]> = {};
      for (const { document, acknowledged } of clients) {
        tokens[document] ??= [];
        tokens[document].push(...acknowledged);
      }
      answer({ type: 'tokens', tokens });
    }
  }
});
process.on('disconnect', () => process.exit());

function begin(plan: HerdPlan): void {
  for (let at = 0; at < plan.clients; at++) {
    const client = clientOf(plan, plan.first + at);
    clients.push(client);
    setTimeout(() => client.start(), Math.random() * plan.rampMs);
  }
  setInterval(review, reviewMs);
  setInterval(write, plan.writeEveryMs);
}

const reviewMs = 50;

/** Of twenty clients two are of each kind of provider, and seven of each dialect without a library. */
const kinds: readonly (ProviderKind | 'raw y-websocket' | 'raw hocuspocus')[] = [
  ...(['hearsay', 'hearsay', 'y-websocket', 'y-websocket', 'hocuspocus', 'hocuspocus'] as const),
  ...Array.from({ length: 7 }, () => ['raw y-websocket', 'raw hocuspocus'] as const).flat(),
];

function clientOf(plan: HerdPlan, number: number): HerdClient {
  const { url, retryMs, addresses } = plan;
  const document = number % 2 === 0 ? `own-${number}` : `shared-${((number - 1) / 2) % plan.sharedDocuments}`;
  const kind = kinds[Math.floor(number / 2) % kinds.length] ?? 'raw hocuspocus';
  const isRaw = kind === 'raw y-websocket' || kind === 'raw hocuspocus';
  if (!isRaw && plan.hasProviders) return new ProviderClient(kind, url, document);
  const dialect = kind === 'raw y-websocket' || kind === 'y-websocket' ? yWebsocket : hocuspocus;
  const address = addresses[number % Math.max(1, addresses.length)];
  return new RawClient({ url, document, dialect, retryMs, address, refusals });
}

function review(): void {
  for (const client of clients) {
    client.review();
    if (served.has(client) || !client.isServed()) continue;
    served.add(client);
    lastServedAt = Date.now();
  }
}

function write(): void {
  const client = clients[turn++ % clients.length];
  client?.write(`${process.pid}-${turn}`);
}

function answer(message: HerdAnswer): void {
  process.send?.(message);
}
