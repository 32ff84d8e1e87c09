import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { flagSettings } from '../../config/flags.ts';
import { resolveConfig } from '../../config/resolve.ts';
import { HearsayError } from '../../failures.ts';
import type { ManyPage } from '../../maintenance/many-documents.ts';
import type { CliDeps } from '../program.ts';
import { createProgress } from '../progress.ts';
import { adminUrl, callNode } from './remote-node.ts';

/** Flags of a command on one document that make it one on many. */
export interface ManyFlags {
  readonly node: string;
  readonly collection: string;
  readonly prefix?: string;
  readonly all?: true;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

/** Something that is done to many documents, and how it is spoken of. */
export interface Deed {
  /** Of the admin API. */
  readonly path: '/api/admin/deletions' | '/api/admin/undeletions';
  readonly infinitive: string;
  readonly participle: string;
}

/** What can be done with many documents. */
export const deeds: Readonly<Record<'delete' | 'undelete', Deed>> = {
  delete: { path: '/api/admin/deletions', infinitive: 'delete', participle: 'deleted' },
  undelete: { path: '/api/admin/undeletions', infinitive: 'bring back', participle: 'brought back' },
};

/** Whether a command is on many documents; throws where it says both, or neither. */
export function isOnMany(name: string | undefined, { prefix, all }: ManyFlags): boolean {
  const said = [name !== undefined, prefix !== undefined, all === true].filter(Boolean).length;
  if (said === 1 && prefix !== '') return name === undefined;
  throw new HearsayError('USAGE', 'give either the name of a document, or --prefix with a text, or --all');
}

/** Does it to all documents that are meant, once it is confirmed; what is done already is skipped. */
export async function doToMany(deed: Deed, flags: ManyFlags, deps: CliDeps): Promise<void> {
  const call = pageCaller(deed, flags, deps);
  const total = await countAll(call, deps);
  const which = describe(flags);
  if (flags.dryRun === true || total === 0) {
    const text =
      total === 0
        ? `there is nothing to ${deed.infinitive} ${which}`
        : `would ${deed.infinitive} ${documentsOf(total)} ${which}; nothing was done`;
    print(flags, { documents: total, dryRun: flags.dryRun === true }, text, deps);
    return;
  }
  await confirm(`${deed.infinitive} ${documentsOf(total)} ${which}`, total, flags, deps);
  const { documents, failed, ended } = await run(deed, call, total, deps);
  const far = `${deed.participle} ${documentsOf(documents)} ${which}`;
  const answer = { documents, failed, complete: ended === undefined && failed.length === 0 };
  print(flags, answer, [far, ...failed.slice(0, shownFailures).map(failureLine)].join('\n'), deps);
  if (ended instanceof HearsayError) {
    throw new HearsayError(ended.code, `${ended.message}; ${far}: run it again to go on`);
  }
  if (ended !== undefined) throw ended;
  if (deps.stop.aborted) {
    throw new HearsayError('INTERRUPTED', `${far} of ${total}: run it again to go on`);
  }
  if (failed.length > 0) {
    throw new HearsayError(
      'DOCUMENTS_LEFT',
      `${documentsOf(failed.length)} could not be ${deed.participle}, such as ${failureLine(failed[0])}`,
    );
  }
}

type Failure = ManyPage['failed'][number];
type Call = (page: Readonly<Record<string, unknown>>) => Promise<ManyPage>;

/** Pages are not broken off: so it is known of each document whether it was done. */
const never = new AbortController().signal;

function pageCaller(deed: Deed, flags: ManyFlags, { environment }: CliDeps): Call {
  const { secret } = resolveConfig({ flags: flagSettings({ ...flags }), environment, file: undefined });
  const { collection, prefix = '' } = flags;
  const id = randomUUID();
  return async (page) => {
    const body = { collection, prefix, run: id, ...page };
    const answer = await callNode(adminUrl(flags.node, deed.path), 'POST', { secret, signal: never, body });
    return (await answer.json()) as ManyPage;
  };
}

async function countAll(call: Call, { stop }: CliDeps): Promise<number> {
  let documents = 0;
  for (let after: string | null = null; ; ) {
    if (stop.aborted) throw new HearsayError('INTERRUPTED', 'nothing was done');
    const page: ManyPage = await call({ after, limit: countedAtOnce, dryRun: true });
    documents += page.documents;
    after = page.next;
    if (after === null) return documents;
  }
}

/** Page after page, until the end, a failure of the node, or Ctrl-C. */
async function run(
  deed: Deed,
  call: Call,
  total: number,
  deps: CliDeps,
): Promise<{ readonly documents: number; readonly failed: readonly Failure[]; readonly ended?: unknown }> {
  const progress = createProgress(deps);
  const failed: Failure[] = [];
  let documents = 0;
  let waits = 0;
  progress.step(deed.participle, 'documents');
  try {
    for (let after: string | null = null; ; ) {
      if (deps.stop.aborted) return { documents, failed };
      try {
        const page: ManyPage = await call({ after });
        waits = 0;
        documents += page.documents;
        failed.push(...page.failed);
        after = page.next;
      } catch (error) {
        const isBusy = error instanceof HearsayError && error.code === 'NODE_NOT_READY';
        if (!isBusy || ++waits > mostWaits) return { documents, failed, ended: error };
        await delay(waitMs, undefined, { signal: deps.stop }).catch(() => {});
        continue;
      }
      progress.update(documents + failed.length, Math.max(total, documents + failed.length));
      if (after === null) return { documents, failed };
    }
  } finally {
    progress.stop();
  }
}

/** Whoever has read how many there are types it. */
async function confirm(what: string, total: number, { yes }: ManyFlags, deps: CliDeps): Promise<void> {
  if (yes === true) return;
  const { stdin, stderr, stop } = deps;
  if (stdin?.isTTY !== true) {
    throw new HearsayError('USAGE', `to ${what} takes --yes where nobody can be asked`);
  }
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    const asked = terminal.question(`To ${what} type their number, ${total}: `, { signal: stop });
    const answer = await Promise.race([asked.catch(() => ''), closed]);
    if (answer.trim() !== String(total)) throw new HearsayError('NOT_CONFIRMED', 'nothing was done');
  } finally {
    terminal.close();
  }
}

function describe({ collection, prefix }: ManyFlags): string {
  const named = prefix === undefined ? '' : `, whose names begin with ${JSON.stringify(prefix)}`;
  return `of collection ${JSON.stringify(collection)}${named}`;
}

function documentsOf(count: number): string {
  return count === 1 ? '1 document' : `${count} documents`;
}

function failureLine(failure: Failure | undefined): string {
  return failure === undefined ? '' : `${JSON.stringify(failure.name)}: ${failure.code}`;
}

function print({ json }: ManyFlags, answer: object, text: string, { stdout }: CliDeps): void {
  stdout.write(json === true ? `${JSON.stringify(answer, null, 2)}\n` : `${text}\n`);
}

const countedAtOnce = 1000;
const shownFailures = 20;
/** A node that is not ready, as its disk is full or fails, is asked again so often. */
const mostWaits = 30;
const waitMs = 1000;
