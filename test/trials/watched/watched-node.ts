import { TrialProcess } from '../trial-process.ts';
import type { NodeFigures, WatchAnswer, WatchCommand } from './messages.ts';

/** A real node in a process of its own, which also tells what it holds on to. */
export interface WatchedNode {
  readonly url: string;
  readonly http: string;
  /** After a collection of garbage. */
  figures(): Promise<NodeFigures>;
  /** Stops the node, and gives what still keeps its process alive. */
  stop(): Promise<Readonly<Record<string, number>>>;
  end(): Promise<void>;
}

export async function startWatchedNode(data: string): Promise<WatchedNode> {
  const node = new TrialProcess<WatchCommand, WatchAnswer>('watched/node-process', {
    parameters: [data],
    options: ['--expose-gc'],
  });
  const { url, http } = await node.answer('started');
  return {
    url,
    http,
    figures: () => {
      const answer = node.answer('figures');
      node.tell({ type: 'figures' });
      return answer;
    },
    stop: async () => {
      const answer = node.answer('stopped');
      node.tell({ type: 'stop' });
      return (await answer).resources;
    },
    end: () => node.end(),
  };
}
