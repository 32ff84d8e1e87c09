import { resolve } from 'node:path';
import type { Verification } from '@hearsay/storage/node';
import { Command } from 'commander';
import { HearsayError } from '../../failures.ts';
import type { CliDeps } from '../program.ts';
import { createProgress } from '../progress.ts';
import { openFailure } from './maintenance-store.ts';
import { verifyApart } from './verify-apart.ts';

interface VerifyFlags {
  readonly data: string;
  readonly json?: true;
}

/** `hearsay verify-store`: reads all of a store that no node runs on, and says what is wrong with it. */
export function verifyStoreCommand(deps: CliDeps): Command {
  return new Command('verify-store')
    .description(
      'Read every document of a store, and all that is derived from the documents, and tell what is damaged. No node may ' +
        'run on it, and not a byte of it is changed. Ends with 0 when the documents are sound, with 65 when they are not.',
    )
    .requiredOption('--data <directory>', 'data directory to read')
    .option('--json', 'print what was found as JSON')
    .addHelpText('after', examples)
    .action((flags: VerifyFlags) => verify(flags, deps));
}

const examples = `
Examples:
  $ hearsay verify-store --data ./data
  $ hearsay verify-store --data ./data --json | jq .verdict

A node does the same in the background while it runs: see "scrub" of /api/status.`;

async function verify({ data, json }: VerifyFlags, deps: CliDeps): Promise<void> {
  const directory = resolve(data);
  const progress = createProgress(deps);
  progress.step('verify', 'documents');
  const { stop: signal } = deps;
  const found = await verifyApart(directory, signal, progress.update)
    .catch((error: unknown) => {
      if (signal.aborted) throw new HearsayError('STOPPED', 'not everything was read; nothing was changed');
      throw error;
    })
    .finally(() => progress.stop());
  if (!found.ok) {
    if (json === true)
      print({ verdict: 'not-opened', code: found.error.code, message: found.error.message }, deps);
    throw openFailure(directory, found.error);
  }
  const { value } = found;
  if (json === true) print({ verdict: verdictOf(value), ...value }, deps);
  else deps.stdout.write(describe(value));
  if (value.damaged.length > 0) {
    throw new HearsayError(
      'DOCUMENTS_DAMAGED',
      `${value.damaged.length} of ${value.documents} documents cannot be read as they were written`,
    );
  }
  if (value.lostChanges > 0) {
    throw new HearsayError(
      'DOCUMENTS_DAMAGED',
      `${value.lostChanges} changes that had been written are gone; which documents lack them is not known`,
    );
  }
}

type Verdict = 'sound' | 'repairable' | 'damaged';

function verdictOf({ damaged, lostChanges, derived, sentinel }: Verification): Verdict {
  if (damaged.length > 0 || lostChanges > 0) return 'damaged';
  const isWrong = derived.wrong + derived.holes + derived.unreadable > 0 || sentinel === undefined;
  return isWrong ? 'repairable' : 'sound';
}

function print(found: object, { stdout }: CliDeps): void {
  stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}

/** Lines about documents; a store with more is told from the JSON. */
const shownDocuments = 20;

function describe(found: Verification): string {
  const { documents, damaged, lostChanges, derived, sentinel } = found;
  const lines = [`read ${documents} documents`];
  for (const { id, key, reason } of damaged.slice(0, shownDocuments)) {
    lines.push(`damaged   ${reason.padEnd(12)} ${id === undefined ? key : `${id.collection}/${id.name}`}`);
  }
  if (damaged.length > shownDocuments)
    lines.push(`… and ${damaged.length - shownDocuments} more; --json lists them all`);
  if (lostChanges > 0) lines.push(`${lostChanges} changes that had been written are gone`);
  if (derived.wrong > 0) lines.push(`${derived.wrong} names, feed entries or index nodes are wrong`);
  if (derived.holes > 0) lines.push(`${derived.holes} batches are missing from the log`);
  if (derived.unreadable > 0) lines.push(`${derived.unreadable} records of the store's own cannot be read`);
  if (sentinel === undefined) lines.push('store.json is missing: a node would start here as a new replica');
  lines.push(advice[verdictOf(found)]);
  return `${lines.join('\n')}\n`;
}

const advice: Readonly<Record<Verdict, string>> = {
  sound: 'The store is sound.',
  repairable: 'All documents are sound. Start the node: it puts the rest right by itself.',
  damaged:
    'Start the node and let it join its peers: they send it anew what is damaged or gone. Without peers, restore a backup.',
};
