import type { BackupSource } from '@hearsay/storage/node';
import { HearsayError } from '../../failures.ts';
import { adminToken } from '../../http/admin-access.ts';

export interface RemoteNode {
  /** `http://host:port`. */
  readonly url: string;
  readonly secret: string | undefined;
  readonly signal: AbortSignal;
}

/** Parts of a running node's store, over its admin API. */
export function remoteSource({ url, secret, signal }: RemoteNode): BackupSource {
  return async (since) => {
    const target = backupUrl(url);
    if (since !== undefined) {
      target.searchParams.set('replica', since.replicaId);
      target.searchParams.set('since', String(since.cursor));
    }
    const headers: Record<string, string> =
      secret === undefined ? {} : { authorization: `Bearer ${await adminToken(secret)}` };
    const answer = await fetch(target, { headers, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new HearsayError('NODE_UNREACHABLE', `${target.origin} does not answer (${causeOf(error)})`);
    });
    if (!answer.ok || answer.body === null) throw await refusalOf(target, answer);
    return chunksOf(answer.body, signal);
  };
}

function backupUrl(address: string): URL {
  // Addresses of nodes are written with ws:// elsewhere: both are meant well.
  const url = address.replace(/^ws(s?):/, 'http$1:');
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new HearsayError('USAGE', `--node takes an address such as http://127.0.0.1:1234, got ${address}`);
  }
  return new URL('/api/admin/backup', url);
}

async function refusalOf(url: URL, answer: Response): Promise<HearsayError> {
  const body: unknown = await answer.json().catch(() => undefined);
  const told = `${url.origin} answers ${answer.status}: ${messageOf(body)}`;
  return new HearsayError(answer.status === 401 ? 'NODE_REFUSED' : 'NODE_UNREACHABLE', told);
}

function messageOf(body: unknown): string {
  const { error }: { error?: unknown } = typeof body === 'object' && body !== null ? body : {};
  const { message }: { message?: unknown } = typeof error === 'object' && error !== null ? error : {};
  return typeof message === 'string' ? message : 'no reason given';
}

async function* chunksOf(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    throw new HearsayError('BACKUP_INTERRUPTED', `the connection to the node was lost (${causeOf(error)})`);
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.message;
}
