import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import { HearsayError } from '../../failures.ts';
import { adminToken } from '../../http/admin-access.ts';

/** What a node to join says of itself. */
export interface Seed {
  readonly url: string;
  /** Undefined, and nothing else, where it does not tell. */
  readonly cluster: string | undefined;
  readonly replicaId: string | undefined;
  /** Those included whose deletion is remembered, by itself too. */
  readonly documents: number;
  /** What a replica that joins is to have in the end: all that it tells peers of, and what is damaged at it. */
  readonly held: number;
}

/** Makes sure that one of the nodes to join is there and of the right cluster, and asks what they have. */
export async function askSeeds(
  { join, cluster, secret }: Pick<Config, 'join' | 'cluster' | 'secret'>,
  signal: AbortSignal,
): Promise<readonly Seed[]> {
  const answers = await Promise.all(join.map((url) => ask(url, secret, signal)));
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
  return present;
}

/** Undefined when nobody answers. A node that does not tell its status is there nevertheless. */
async function ask(url: string, secret: string | undefined, stop: AbortSignal): Promise<Seed | undefined> {
  const target = new URL('/api/status', url.replace(/^ws/, 'http'));
  const signal = AbortSignal.any([stop, AbortSignal.timeout(maxAnswerMs)]);
  const open = await fetch(target, { signal }).catch(() => undefined);
  // Nodes with tokens tell it to operators alone.
  const headers = { authorization: `Bearer ${secret === undefined ? '' : await adminToken(secret)}` };
  const answer = open?.status === 401 ? await fetch(target, { signal, headers }).catch(() => open) : open;
  if (answer === undefined) return undefined;
  const told = statusShape.safeParse(await answer.json().catch(() => undefined)).data;
  if (told === undefined) return { url, cluster: undefined, replicaId: undefined, documents: 0, held: 0 };
  const { cluster, replicaId, documents, roots, store } = told;
  return { url, cluster, replicaId, documents, held: indexedIn(roots) + store.damagedDocuments };
}

/** How many documents the indexes of all collections hold. */
export function indexedIn(roots: readonly { readonly count: number }[]): number {
  return roots.reduce((sum, { count }) => sum + count, 0);
}

const statusShape = z.object({
  cluster: z.string(),
  replicaId: z.string(),
  documents: z.number(),
  roots: z.array(z.object({ count: z.number() })),
  store: z.object({ damagedDocuments: z.number() }),
});

const maxAnswerMs = 10_000;
