import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
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

/** Tests run from their sources; the processes that they start run what was built. */
const program = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/trials/watched/node-process.js' : './node-process.js',
    import.meta.url,
  ),
);

export async function startWatchedNode(data: string): Promise<WatchedNode> {
  const child = fork(program, [data], { execArgv: ['--expose-gc'] });
  const { url, http } = await answerOf(child, 'started');
  const ask = (command: WatchCommand): void => void child.send(command);
  return {
    url,
    http,
    figures: () => {
      const answer = answerOf(child, 'figures');
      ask({ type: 'figures' });
      return answer;
    },
    stop: async () => {
      const answer = answerOf(child, 'stopped');
      ask({ type: 'stop' });
      return (await answer).resources;
    },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function answerOf<Type extends WatchAnswer['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<WatchAnswer, { readonly type: Type }>> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the watched node has ended'));
    const heard = (answer: WatchAnswer): void => {
      if (!isOf(answer, type)) return;
      child.off('message', heard);
      child.off('exit', ended);
      resolve(answer);
    };
    child.on('message', heard);
    child.once('exit', ended);
  });
}

function isOf<Type extends WatchAnswer['type']>(
  answer: WatchAnswer,
  type: Type,
): answer is Extract<WatchAnswer, { readonly type: Type }> {
  return answer.type === type;
}
