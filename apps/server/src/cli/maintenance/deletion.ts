import { Command } from 'commander';
import { addConfigFlags, flagSettings } from '../../config/flags.ts';
import { resolveConfig } from '../../config/resolve.ts';
import { HearsayError } from '../../failures.ts';
import type { DeletedDocument, PlannedDeletion } from '../../maintenance/deletions.ts';
import type { CliDeps } from '../program.ts';
import { deeds, doToMany, isOnMany, type ManyFlags } from './many-documents.ts';
import { adminUrl, callNode } from './remote-node.ts';

type NodeFlags = Pick<ManyFlags, 'node' | 'collection' | 'json'>;

interface DeleteFlags extends ManyFlags {
  readonly life?: string;
}

/** `hearsay delete`: ends a document, or many, in the whole cluster. */
export function deleteCommand(deps: CliDeps): Command {
  const command = new Command('delete')
    .description(
      'Delete a document in the whole cluster. It stays deleted: clients that come back with its history are told so for ' +
        'good, and nothing of it is merged into a new document of the same name. Until --undelete-window of the node ' +
        'is over, `hearsay undelete` brings it back. Many are deleted no faster than clients bear; run again after Ctrl-C, ' +
        'it goes on.',
    )
    .argument('[name]', 'name of the document')
    .option(
      '--dry-run',
      'say which life would end, or how many documents would be deleted, and delete nothing',
    )
    .option('--life <number>', 'delete nothing where the document is in another life than this');
  return withNode(withMany(command)).action(async (name: string | undefined, flags: DeleteFlags) => {
    if (isOnMany(name, flags)) {
      if (flags.life !== undefined) throw new HearsayError('USAGE', '--life is of one document');
      await doToMany(deeds.delete, flags, deps);
      return;
    }
    const query = new URLSearchParams({
      ...(flags.life !== undefined && { life: flags.life }),
      ...(flags.dryRun && { dryRun: 'true' }),
    });
    const answer = await call(flags, 'DELETE', `${path('documents', flags, name ?? '')}?${query}`, deps);
    if (flags.dryRun) {
      const { life } = answer as PlannedDeletion;
      print(flags, answer, `would delete life ${life} of ${JSON.stringify(name)}; nothing was deleted`, deps);
      return;
    }
    const deleted = answer as DeletedDocument;
    const { life, deletedAt, keptUntil } = deleted;
    const back =
      keptUntil === null ? 'it cannot be brought back' : `it can be brought back until ${keptUntil}`;
    print(flags, deleted, `deleted life ${life} of ${JSON.stringify(name)} at ${deletedAt}; ${back}`, deps);
  });
}

/** `hearsay undelete`: brings a deleted document, or many, back. */
export function undeleteCommand(deps: CliDeps): Command {
  const command = new Command('undelete')
    .description(
      'Bring a deleted document back, as a new life with the contents it had. Its clients may go on with it.',
    )
    .argument('[name]', 'name of the document')
    .option('--dry-run', 'of many: say how many would be brought back, and bring none back');
  return withNode(withMany(command)).action(async (name: string | undefined, flags: ManyFlags) => {
    if (isOnMany(name, flags)) {
      await doToMany(deeds.undelete, flags, deps);
      return;
    }
    if (flags.dryRun) throw new HearsayError('USAGE', 'undelete takes --dry-run with --prefix or --all');
    const back = (await call(flags, 'POST', path('deleted', flags, name ?? ''), deps)) as {
      readonly life: number;
    };
    print(flags, back, `${JSON.stringify(name)} is back, as life ${back.life}`, deps);
  });
}

/** `hearsay deleted`: what can be brought back. */
export function deletedCommand(deps: CliDeps): Command {
  const command = new Command('deleted').description(
    'List the deleted documents that a node can bring back.',
  );
  return withNode(command).action(async (flags: NodeFlags) => {
    const documents: DeletedDocument[] = [];
    let after: string | null = '';
    while (after !== null) {
      const page = (await call(flags, 'GET', `/api/deleted?after=${encodeURIComponent(after)}`, deps)) as {
        readonly documents: readonly DeletedDocument[];
        readonly next: string | null;
      };
      documents.push(...page.documents);
      after = page.next;
    }
    documents.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const lines = documents.map(
      ({ collection, name, deletedAt, keptUntil }) =>
        `${collection}/${name}  deleted ${deletedAt}, kept until ${keptUntil}`,
    );
    print(flags, { documents }, lines.length === 0 ? 'nothing can be brought back' : lines.join('\n'), deps);
  });
}

/** No name has a line break. */
function keyOf({ collection, name }: DeletedDocument): string {
  return `${collection}\n${name}`;
}

function withMany(command: Command): Command {
  return command
    .option('--prefix <text>', 'all documents of the collection whose names begin with this, instead of one')
    .option('--all', 'all documents of the collection, instead of one')
    .option('--yes', 'do not ask whether so many are meant');
}

function withNode(command: Command): Command {
  command
    .requiredOption('--node <url>', 'address of a running node')
    .option('--collection <name>', 'collection of the document', 'default')
    .option('--json', 'print the answer as JSON');
  return addConfigFlags(command, ['secret', 'secretFile']);
}

function path(resource: string, { collection }: NodeFlags, name: string): string {
  return `/api/${resource}/${encodeURIComponent(collection)}/${encodeURIComponent(name)}`;
}

async function call(
  flags: NodeFlags,
  method: 'GET' | 'POST' | 'DELETE',
  pathname: string,
  { environment, stop }: CliDeps,
): Promise<unknown> {
  const { secret } = resolveConfig({ flags: flagSettings({ ...flags }), environment, file: undefined });
  const answer = await callNode(adminUrl(flags.node, pathname), method, { secret, signal: stop });
  return answer.json();
}

function print({ json }: NodeFlags, answer: unknown, text: string, { stdout }: CliDeps): void {
  stdout.write(json === true ? `${JSON.stringify(answer, null, 2)}\n` : `${text}\n`);
}
