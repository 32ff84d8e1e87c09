import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

/** Position, number of characters deleted there, text inserted there; characters are Unicode code points. */
export type Patch = readonly [position: number, deleteCount: number, insert: string];

/** One editing step. Its positions hold in the state that merging its parents gives. */
export interface Transaction {
  readonly agent: number;
  readonly parents: readonly number[];
  readonly patches: readonly Patch[];
}

export interface Trace {
  readonly endContent: string;
  readonly agents: number;
  readonly transactions: readonly Transaction[];
  /** Whether any inserted character lies beyond 16 bits. */
  readonly hasAstral: boolean;
}

const patch = z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.string()]);
const file = z.object({
  startContent: z.string().default(''),
  endContent: z.string(),
  txns: z.array(
    z.object({
      agent: z.int().nonnegative().default(0),
      parents: z.array(z.int().nonnegative()).optional(),
      patches: z.array(patch),
    }),
  ),
});

/** Reads an editing history (JSON, gzipped or plain). Throws an Error that says what is wrong with the file. */
export async function readTrace(path: string): Promise<Trace> {
  const raw = await readFile(path);
  const text = (raw[0] === 0x1f && raw[1] === 0x8b ? gunzipSync(raw) : raw).toString('utf8');
  const parsed = file.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${path} is not an editing history: ${z.prettifyError(parsed.error)}`);
  const { startContent, txns } = parsed.data;
  // What was there at the start becomes a step of its own, which all others know.
  const before: Transaction[] =
    startContent === '' ? [] : [{ agent: 0, parents: [], patches: [[0, 0, startContent]] }];
  const shift = before.length;
  const transactions = before.concat(
    txns.map((txn, index) => ({
      agent: txn.agent,
      // A sequential history names no parents: each step follows the one before.
      parents:
        (txn.parents?.length === 0 && shift > 0 ? [0] : txn.parents?.map((parent) => parent + shift)) ??
        (index + shift === 0 ? [] : [index + shift - 1]),
      patches: txn.patches,
    })),
  );
  for (const [index, { parents }] of transactions.entries()) {
    if (parents.some((parent) => parent >= index))
      throw new Error(`${path}: step ${index} precedes its parent`);
  }
  return {
    endContent: parsed.data.endContent,
    agents: Math.max(0, ...transactions.map(({ agent }) => agent)) + 1,
    transactions,
    hasAstral: transactions.some(({ patches }) => patches.some(([, , insert]) => astral.test(insert))),
  };
}

const astral = /[\u{10000}-\u{10ffff}]/u;
