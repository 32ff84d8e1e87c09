import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulate } from './testing/run-simulate.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hearsay-topology-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function drawn(content: string): Promise<string> {
  const path = join(directory, 'network.json');
  await writeFile(path, content);
  return path;
}

describe('options of hearsay simulate', () => {
  it('A42: says what is wrong with its arguments', async () => {
    expect(await simulate('--table', '7')).toMatchObject({ code: 64, out: '' });
    expect((await simulate('--table', '7')).err).toContain('There are tables 1 to 5.');
    expect((await simulate('--table', '1', '--runs', '0')).err).toContain('whole number above 0');
  });

  it.each([
    ['--nodes 1', 'whole number from 2 to 200000'],
    ['--nodes 5000', 'at most 2000'],
    ['--nodes 10,x', '--nodes'],
    ['--loss 2', 'share, such as 0.3 or 30%'],
    ['--loss 95%', 'At most 90 %'],
    ['--delay 10%', 'such as 10%:200'],
    ['--partition 60@1-2', 'takes two or more'],
    ['--partition 60/40@5-2', 'such as 60/40@10-30'],
    ['--partition eu@1-2', 'no node or region is called eu; the first node is n0'],
    ['--crash 20%', 'such as 20%@10-40'],
    ['--crash n99@1', 'no node or region is called n99'],
    ['--strategy post', 'default, mail, rumour, paper-rumour, anti-entropy'],
    ['--strategy anti-entropy --repair off', 'nothing to do'],
    ['--regions eu,us', '--regions is for --topology regions'],
    ['--topology regions --regions eu:3,us', 'for each region or for none'],
    ['--topology regions --regions eu,eu', 'one region twice'],
    ['--topology regions --region-latency eu-mars:9', 'mars, which is no region'],
    ['--topology two-grid --nodes 5', 'two-grid has 300 nodes'],
    ['--table 1 --epidemic', '--table and --epidemic exclude each other'],
    ['--epidemic --loss 10%', '--loss is for whole nodes and --detection, not for --epidemic'],
    ['--epidemic --strategy mail', 'the strategy mail is for whole nodes'],
    ['--epidemic --topology ring --nodes 3000', 'at most 2000'],
    ['--detection --k 2', '--k is for whole nodes and --epidemic, not for --detection'],
    ['--detection --nodes 5,6', 'takes one number'],
    ['--broadcast --nodes 50000', 'too many'],
    ['--table 4 --nodes 10', '300-site network'],
    ['--k 1,2,3,4,5,6,7,8 --fan-out 1,2,3,4,5,6,7,8', '64 rows'],
    ['--nonsense', 'unknown option'],
  ])('A51: %s is refused with a code and what to do about it', async (line, complaint) => {
    const { code, out, err } = await simulate(...line.split(' '));
    expect(err).toContain(complaint);
    expect(err).toMatch(/^error USAGE: /);
    expect(err).toContain('--help');
    expect({ code, out }).toEqual({ code: 64, out: '' });
  });

  it.each([
    ['{', 'JSON'],
    ['{"nodes": ["a", "b"]}', 'links: '],
    ['{"nodes": ["a", "a"], "links": [["a", "a"]]}', 'two nodes are called a'],
    ['{"nodes": ["a", "b"], "links": [["a", "c"]]}', 'links.0: no node is called c'],
    ['{"nodes": ["a", "b"], "links": [["a", "a"]]}', 'from a node to itself'],
    ['{"nodes": ["a", "b"], "links": [["a", "b"]], "seeds": ["x"]}', 'seeds: no node is called x'],
    ['{"nodes": ["a", "b"], "links": [["a", "b"]], "more": 1}', 'more'],
    ['{"nodes": ["a/b", "b"], "links": [["a", "b"]]}', 'nodes.0'],
  ])('A51: the topology %s is refused', async (content, complaint) => {
    const { code, err } = await simulate('--topology', await drawn(content));
    expect(code).toBe(65);
    expect(err).toContain('error TOPOLOGY_INVALID');
    expect(err).toContain(complaint);
  });

  it('A51: the network of the documentation is simulated', async () => {
    const path = fileURLToPath(new URL('../../../../../docs/networks/two-offices.json', import.meta.url));
    const { code, out } = await simulate('--topology', path, '--updates', '3', '--runs', '1');
    expect(code).toBe(0);
    expect(out).toContain('5 nodes');
  });

  it('A51: a topology that is not there is told from one misspelt', async () => {
    expect((await simulate('--topology', 'rung')).err).toContain('the topologies are full, ring, line');
    const missing = await simulate('--topology', join(directory, 'missing.json'));
    expect(missing).toMatchObject({ code: 66 });
    expect(missing.err).toContain('CONFIG_UNREADABLE');
  });

  it('A51: results that cannot be written are told before anything runs', async () => {
    const path = await drawn('{}');
    const { code, out, err } = await simulate('--nodes', '2', '--out', path);
    expect({ code, out }).toEqual({ code: 73, out: '' });
    expect(err).toContain('OUTPUT_UNWRITABLE');
  });

  it('A51: a drawn network is simulated as it says', async () => {
    const path = await drawn(
      JSON.stringify({
        nodes: ['hub', { name: 'one', region: 'eu', dialOnly: true }, { name: 'two', region: 'us' }],
        links: [['hub', 'one'], { between: ['hub', 'two'], latencyMs: 70, jitterMs: 0 }],
        reach: 'neighbours',
      }),
    );
    const { code, out } = await simulate('--topology', path, '--updates', '10', '--runs', '1');
    expect(code).toBe(0);
    expect(out).toMatch(/at the end +0 /);
    expect(out).toMatch(/hub-(one|two)$/m);
  });

  it('A51: --help tells every option with its unit and default, and gives examples', async () => {
    const { code, out } = await simulate('--help');
    expect(code).toBe(0);
    for (const option of ['--topology', '--reach', '--hunt-limit', '--partition', '--crash', '--patience']) {
      expect(out).toContain(option);
    }
    expect(out).toContain('hearsay simulate --nodes 60 --strategy rumour --k 1,2,3,4');
    const told = out.slice(out.indexOf('Network:'), out.indexOf('Options:\n')).replace(/\s+/g, ' ');
    // Every option but the first group's switches has a default.
    const options = told.match(/--[a-z-]+ </g) ?? [];
    const defaults = told.match(/\(default: /g) ?? [];
    expect(options.length).toBeGreaterThan(35);
    expect(defaults).toHaveLength(options.length);
  });
});
