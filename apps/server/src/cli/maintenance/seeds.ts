import type { Config } from '../../config/config.ts';
import { HearsayError } from '../../failures.ts';

/**
 * Makes sure that one of the nodes to join is there and of the right cluster; gives how many documents they have, 0 when
 * they do not say.
 */
export async function askSeeds({ join, cluster }: Config, signal: AbortSignal): Promise<number> {
  const answers = await Promise.all(join.map((url) => ask(url, signal)));
  const present = answers.filter((answer) => answer !== undefined);
  if (present.length === 0) {
    throw new HearsayError('NODE_UNREACHABLE', `nobody answers at ${join.join(', ')}; nothing was changed`);
  }
  const stranger = present.find((answer) => answer.cluster !== undefined && answer.cluster !== cluster);
  if (stranger !== undefined) {
    throw new HearsayError(
      'WRONG_CLUSTER',
      `${stranger.url} belongs to cluster "${stranger.cluster}"; nothing was changed`,
    );
  }
  return Math.max(...present.map(({ documents }) => documents));
}

interface SeedAnswer {
  readonly url: string;
  readonly cluster: string | undefined;
  readonly documents: number;
}

/** Undefined when nobody answers. A node that does not tell strangers its status is there nevertheless. */
async function ask(url: string, stop: AbortSignal): Promise<SeedAnswer | undefined> {
  const target = new URL('/api/status', url.replace(/^ws/, 'http'));
  const signal = AbortSignal.any([stop, AbortSignal.timeout(maxAnswerMs)]);
  const answer = await fetch(target, { signal }).catch(() => undefined);
  if (answer === undefined) return undefined;
  const body: unknown = await answer.json().catch(() => undefined);
  const { cluster, documents }: { cluster?: unknown; documents?: unknown } =
    typeof body === 'object' && body !== null ? body : {};
  return {
    url,
    cluster: typeof cluster === 'string' ? cluster : undefined,
    documents: typeof documents === 'number' ? documents : 0,
  };
}

const maxAnswerMs = 10_000;
