import { readFile } from 'node:fs/promises';
import type { DrawnLink, DrawnNode, MapShape } from '@hearsay/simulator';
import { z } from 'zod';
import { HearsayError } from '../../failures.ts';

/** A network drawn by the user, and who can reach whom in it if the file says so. */
export interface DrawnTopology {
  readonly shape: Extract<MapShape, { kind: 'drawn' }>;
  readonly reach: 'any' | 'neighbours' | undefined;
}

/** Reads and checks the JSON file of `--topology`; its format is told in docs/gossip.md. */
export async function readTopology(path: string): Promise<DrawnTopology> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const hint = /[\\/.]/.test(path)
      ? ''
      : '; the topologies are full, ring, line, grid, two-grid and regions';
    throw new HearsayError('CONFIG_UNREADABLE', `cannot read the topology ${path}: ${error.code}${hint}`);
  });
  const wrong = (what: string): never => {
    throw new HearsayError('TOPOLOGY_INVALID', `${path}: ${what}`);
  };
  const parsed = schema.safeParse(parseJson(text, wrong));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return wrong(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  return drawn(parsed.data, wrong);
}

const maxNodes = 2000;
const name = z
  .string()
  .regex(/^[\w.()-]{1,64}$/, 'a name takes 1 to 64 letters, digits, dots, dashes, brackets and underscores');
const milliseconds = z.int().min(0).max(600_000);
const ends = z.tuple([name, name]);
const schema = z.strictObject({
  nodes: z
    .array(
      z.union([name, z.strictObject({ name, region: name.optional(), dialOnly: z.boolean().optional() })]),
    )
    .min(2)
    .max(maxNodes),
  links: z
    .array(
      z.union([
        ends,
        z.strictObject({
          between: ends,
          latencyMs: milliseconds.optional(),
          jitterMs: milliseconds.optional(),
        }),
      ]),
    )
    .min(1),
  reach: z.enum(['any', 'neighbours']).optional(),
  seeds: z.array(name).min(1).optional(),
});

function drawn(file: z.infer<typeof schema>, wrong: (what: string) => never): DrawnTopology {
  const nodes: DrawnNode[] = file.nodes.map((node) => {
    if (typeof node === 'string') return { name: node };
    const { name, region, dialOnly } = node;
    return { name, ...(region && { region }), ...(dialOnly && { dialOnly }) };
  });
  const numbers = new Map(nodes.map((node, number) => [node.name, number]));
  if (numbers.size < nodes.length) {
    const twice = nodes.find((node, number) => numbers.get(node.name) !== number);
    wrong(`two nodes are called ${twice?.name}`);
  }
  const numberOf = (node: string, where: string): number =>
    numbers.get(node) ?? wrong(`${where}: no node is called ${node}`);
  const links = file.links.map((link, index): DrawnLink => {
    const { between, latencyMs, jitterMs } = Array.isArray(link) ? { between: link } : link;
    const [a, b] = between.map((node) => numberOf(node, `links.${index}`));
    if (a === undefined || b === undefined || a === b) return wrong(`links.${index}: from a node to itself`);
    return {
      between: [a, b],
      ...(latencyMs !== undefined && { latencyMs }),
      ...(jitterMs !== undefined && { jitterMs }),
    };
  });
  const seeds = file.seeds?.map((node) => numberOf(node, 'seeds'));
  return { shape: { kind: 'drawn', nodes, links, ...(seeds && { seeds }) }, reach: file.reach };
}

function parseJson(text: string, wrong: (what: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}
