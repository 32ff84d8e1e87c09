import type { BackupSource } from '@hearsay/storage/node';
import { type FailureCode, HearsayError } from '../../failures.ts';
import { adminToken } from '../../http/admin-access.ts';
import { isAudited } from '../../http/audit.ts';

export interface RemoteNode {
  /** `http://host:port`. */
  readonly url: string;
  readonly secret: string | undefined;
  readonly signal: AbortSignal;
}

/** Parts of a running node's store, over its admin API. */
export function remoteSource({ url, secret, signal }: RemoteNode): BackupSource {
  return async (since) => {
    const target = adminUrl(url, '/api/admin/backup');
    if (since !== undefined) {
      target.searchParams.set('replica', since.replicaId);
      target.searchParams.set('since', String(since.cursor));
      if (since.start !== undefined) target.searchParams.set('start', since.start);
    }
    const answer = await callNode(target, 'GET', { secret, signal });
    if (answer.body === null) throw await refusalOf(target, answer);
    return chunksOf(answer.body, signal);
  };
}

/** One call of a node's admin API; throws a {@link HearsayError} for every answer that is a refusal. */
export async function callNode(
  target: URL,
  method: 'GET' | 'POST' | 'DELETE',
  { secret, signal, body }: Pick<RemoteNode, 'secret' | 'signal'> & { readonly body?: object },
): Promise<Response> {
  const headers: Record<string, string> =
    secret === undefined ? {} : { authorization: `Bearer ${await proofFor(target, method, secret, signal)}` };
  const content =
    body === undefined
      ? { headers }
      : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await ask(target, { method, signal, ...content });
  if (!answer.ok) throw await refusalOf(target, answer);
  return answer;
}

/** A proof of its own for every request; one that changes something is good at the node alone that it names. */
async function proofFor(target: URL, method: string, secret: string, signal: AbortSignal): Promise<string> {
  if (!isAudited(method, target.pathname)) return adminToken(secret);
  return adminToken(secret, await nameOfNode(target, signal));
}

/** Which start of which replica answers there, for {@link adminToken}; undefined while it is starting. */
export async function nameOfNode(url: URL, signal: AbortSignal): Promise<string | undefined> {
  const answer = await ask(new URL('/readyz', url), { signal });
  const body: unknown = await answer.json().catch(() => undefined);
  const { node }: { node?: unknown } = typeof body === 'object' && body !== null ? body : {};
  return typeof node === 'string' ? node : undefined;
}

async function ask(target: URL, request: RequestInit & { readonly signal: AbortSignal }): Promise<Response> {
  try {
    return await fetch(target, request);
  } catch (error) {
    request.signal.throwIfAborted();
    throw new HearsayError('NODE_UNREACHABLE', `${target.origin} does not answer (${causeOf(error)})`);
  }
}

/** A path of a node, whose address is given as people write it. */
export function adminUrl(address: string, path: string): URL {
  // Addresses of nodes are written with ws:// elsewhere: both are meant well.
  const url = address.replace(/^ws(s?):/, 'http$1:');
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new HearsayError('USAGE', `--node takes an address such as http://127.0.0.1:1234, got ${address}`);
  }
  return new URL(path, url);
}

async function refusalOf(url: URL, answer: Response): Promise<HearsayError> {
  const body: unknown = await answer.json().catch(() => undefined);
  const told = `${url.origin} answers ${answer.status}: ${messageOf(body)}`;
  const code = answer.status === 401 ? 'NODE_REFUSED' : codes.get(codeOf(body));
  return new HearsayError(code ?? 'NODE_UNREACHABLE', told);
}

/** Answers that have a word of their own here. */
const codes = new Map<unknown, FailureCode>([
  ['DOCUMENT_NOT_FOUND', 'DOCUMENT_NOT_FOUND'],
  ['NAME_INVALID', 'USAGE'],
  ['NOT_KEPT', 'NOT_KEPT'],
  ['LIFE_CHANGED', 'LIFE_CHANGED'],
  ['NOT_READY', 'NODE_NOT_READY'],
  ['OVERLOADED', 'NODE_NOT_READY'],
]);

function codeOf(body: unknown): unknown {
  const { error }: { error?: unknown } = typeof body === 'object' && body !== null ? body : {};
  const { code }: { code?: unknown } = typeof error === 'object' && error !== null ? error : {};
  return code;
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
