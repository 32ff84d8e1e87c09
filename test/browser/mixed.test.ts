import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Cluster, untilEqual } from '../cluster/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { launchChromium } from './chromium.ts';
import { type PageServer, servePages } from './page-server.ts';

const cluster = new Cluster();
let browser: Browser;
let pages: PageServer;

beforeAll(async () => {
  pages = await servePages('mixed');
  browser = await launchChromium();
});

afterEach(() => cluster.end());

afterAll(async () => {
  await browser.close();
  await pages.close();
});

const rounds = 30;

test('B41: ten clients of every release edit rich text, code and nested maps on three nodes, and end equal', async () => {
  const nodes = await cluster.nodes(3);
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(pages.url('mixed'));
  await page.evaluate(
    (servers) => window.mixed.open(servers),
    nodes.map(({ url }) => url),
  );
  await eventually('all to be in sync', () => page.evaluate(() => window.mixed.synced()));
  expect(await page.evaluate(() => window.mixed.names())).toHaveLength(10);
  // Without waiting for one another: most of it happens at once.
  for (let round = 0; round < rounds; round++) await page.evaluate((r) => window.mixed.edit(r), round);
  await eventually('all to be equal', async () => {
    const contents = await page.evaluate(() => window.mixed.contents());
    return new Set(contents).size === 1;
  });
  const [content = '[]'] = await page.evaluate(() => window.mixed.contents());
  const [essay, code, map] = JSON.parse(content) as [string, string, Record<string, Record<string, unknown>>];
  for (let client = 0; client < 10; client++) {
    expect(map[`group ${client % 3}`]?.[`of ${client}`]).toEqual({ round: rounds - 1 });
  }
  // Whatever was typed is there, once.
  const typed = Array.from({ length: 10 }, (_, client) =>
    Array.from({ length: rounds }, (_, round) => `${client}.${round} `),
  ).flat();
  expect(code).toHaveLength(typed.join('').length);
  // Where two restructure one paragraph at once the binding of ProseMirror writes some of it again, never less.
  expect(essay.replace(/<[^>]*>/g, '').length).toBeGreaterThanOrEqual(code.length);
  expect(essay).toContain('<strong>');
  expect(new Set(await page.evaluate(() => window.mixed.shown())).size).toBe(1);
  await untilEqual(nodes, 1);
  await eventually('the copies in IndexedDB to be equal', async () => {
    const kept = await page.evaluate(() => window.mixed.kept());
    return kept.length === 2 && kept.every((copy) => copy === content);
  });
  expect(errors).toEqual([]);
}, 120_000);
