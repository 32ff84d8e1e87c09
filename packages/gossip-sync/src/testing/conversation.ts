import type { PeerMessage } from '../wire/message-table.ts';
import type { Spoken, TestCluster } from './cluster.ts';

/** One readable line for each message: who said what to whom, and how much of it. */
export function conversation(
  spoken: readonly Spoken[],
  channels: readonly PeerMessage['channel'][],
): string[] {
  return spoken
    .filter(({ said }) => channels.includes(said.channel))
    .map(({ from, to, said, bytes }) => `${from} → ${to} ${summary(said)} (${bytes} bytes)`);
}

/** What was said while `run` ran. */
export async function during(cluster: TestCluster, run: () => Promise<void>): Promise<readonly Spoken[]> {
  const start = cluster.spoken.length;
  await run();
  return cluster.spoken.slice(start);
}

export function bytesOf(spoken: readonly Spoken[], from: string): number {
  return spoken.filter((message) => message.from === from).reduce((sum, { bytes }) => sum + bytes, 0);
}

export function countOf(spoken: readonly Spoken[], type: PeerMessage['message']['type']): number {
  return spoken.filter(({ said }) => said.message.type === type).length;
}

function summary({ channel, message }: PeerMessage): string {
  const head = `${channel}.${message.type}`;
  switch (message.type) {
    case 'recent':
    case 'offer':
      return `${head} ${message.entries.length}`;
    case 'offerAnswer':
      return `${head} ${message.differing.length}`;
    case 'describe':
      return `${head} ${message.descriptions.length}`;
    case 'differences': {
      const changes = message.items.flatMap((item) => item.changes).length;
      const wanted = message.items.filter((item) => item.wanted !== null).length;
      return `${head} ${changes} changes, ${wanted} wanted`;
    }
    case 'changes':
      return `${head} ${message.changes.length}`;
    case 'delivery':
      return `${head} ${message.entries.length} through ${message.through}`;
    case 'receipt':
      return `${head} through ${message.through}${message.except.length > 0 ? ` except ${message.except}` : ''}`;
    case 'walk':
      return `${head} ${message.question.nodes.length} nodes`;
    case 'walkAnswer':
      return `${head} ${message.answer.nodes.length} nodes`;
    case 'states':
      return `${head} ${message.states.length}`;
    default:
      return head;
  }
}
