import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Bench, textOn, write } from '../replica/bench.ts';
import { tapTraffic } from '../replica/traffic.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { launchChromium } from './chromium.ts';
import { type PageServer, servePages } from './page-server.ts';

const bench = new Bench();
let browser: Browser;
let pages: PageServer;

beforeAll(async () => {
  pages = await servePages('replica');
  browser = await launchChromium();
});

afterEach(() => bench.end());

afterAll(async () => {
  await browser.close();
  await pages.close();
});

/** A browser profile: its pages share what is stored. */
async function profile(): Promise<BrowserContext> {
  const context = await browser.newContext();
  bench.after(() => context.close());
  return context;
}

/** A page with its replica open, online or not. */
async function openPage(context: BrowserContext, server: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(pages.url('replica'));
  await page.evaluate((url) => window.replicas.open({ server: url }), server);
  return page;
}

/** `pnpm bench replica` measures 10,000, in a quarter of a minute. */
const thousands = 3000;

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `n/${String(index).padStart(5, '0')}`);

describe('a replica in a page', () => {
  test('B30, B31: of thousands of documents: filled, opened again, and with ten of them changed', async () => {
    const node = await bench.node();
    await write(node, names(thousands), 'x'.repeat(200));
    const traffic = await tapTraffic(node.port);
    bench.after(() => traffic.close());
    const context = await profile();
    const visit = async (): Promise<readonly number[]> => {
      traffic.clear();
      const page = await openPage(context, traffic.url);
      const { progress } = await page.evaluate(() => window.replicas.live());
      const { documents } = await page.evaluate(() => window.replicas.status());
      expect(documents).toBe(thousands);
      await page.close();
      return progress;
    };
    const progress = await visit();
    expect(progress.length).toBeGreaterThan(3);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    await visit();
    expect(traffic.up).toBeLessThanOrEqual(64);
    expect(traffic.down).toBeLessThanOrEqual(64);
    await write(node, names(10), 'changed');
    await visit();
    expect(traffic.up).toBeLessThan(10 * 100);
    expect(traffic.down).toBeLessThan(10 * 200);
  }, 180_000);

  test('B32: what is written in it is durable there, survives the page, and reaches the node', async () => {
    const node = await bench.node();
    await write(node, ['n/a'], 'hello');
    const proxy = await startTcpProxy(() => node.port);
    bench.after(() => proxy.close());
    const server = `ws://127.0.0.1:${proxy.port}`;
    const context = await profile();
    const page = await openPage(context, server);
    await page.evaluate(() => window.replicas.live());
    await page.evaluate(() => window.replicas.append('n/a', ' online'));
    await eventually('the edit on the node', async () => (await textOn(node, 'n/a')) === 'hello online');
    proxy.cut();
    await page.evaluate(() => window.replicas.append('n/a', ' offline'));
    // Without a word to the replica.
    await page.close();
    const next = await openPage(context, server);
    expect(await next.evaluate(() => window.replicas.text('n/a'))).toBe('hello online offline');
    expect(await next.evaluate(() => window.replicas.status().unsent)).toBe(1);
    proxy.heal();
    await next.evaluate(() => window.replicas.live());
    await eventually('the other edit on the node', async () => {
      return (await textOn(node, 'n/a')) === 'hello online offline';
    });
    await write(node, ['n/b'], 'from the node');
    await eventually('an edit of the node', async () => {
      return (await next.evaluate(() => window.replicas.text('n/b'))) === 'from the node';
    });
  });

  test('B33: one page of an origin has it open; the next one may when that is gone', async () => {
    const node = await bench.node();
    const context = await profile();
    const first = await openPage(context, node.clientUrl);
    await expect(openPage(context, node.clientUrl)).rejects.toThrow('another page has the replica');
    await first.close();
    const next = await openPage(context, node.clientUrl);
    await next.evaluate(() => window.replicas.live());
  });
});
