import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HearsayProvider } from '@hearsay/client';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { withoutWebSockets } from '../provider/no-websockets.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess, startNodeProcess } from '../support/node-process.ts';
import { launchChromium } from './chromium.ts';
import { type PageServer, servePages } from './page-server.ts';

const endings: (() => unknown)[] = [];
let browser: Browser;
let pages: PageServer;

beforeAll(async () => {
  pages = await servePages('provider');
  browser = await launchChromium();
});

afterEach(async () => {
  for (const ending of endings.splice(0).reverse()) await ending();
});

afterAll(async () => {
  await browser.close();
  await pages.close();
});

/** A browser profile: its pages share what is stored. */
async function profile(): Promise<BrowserContext> {
  const context = await browser.newContext();
  endings.push(() => context.close());
  return context;
}

async function openPage(context: BrowserContext, server: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(pages.url('provider'));
  await page.evaluate((url) => window.provider.open(url), server);
  return page;
}

async function startNode(): Promise<NodeProcess> {
  const data = await mkdtemp(join(tmpdir(), 'hearsay-provider-'));
  endings.push(() => rm(data, { recursive: true, force: true }));
  const node = await startNodeProcess(await freePort(), ['--data', data, '--log-level', 'silent']);
  endings.push(() => node.stop('SIGKILL'));
  return node;
}

const textOf = (page: Page): Promise<string> => page.evaluate(() => window.provider.text());

const stateOf = (page: Page): Promise<string> => page.evaluate(() => window.provider.state());

function untilState(page: Page, state: string): Promise<void> {
  return eventually(`a page to be ${state}`, async () => (await stateOf(page)) === state);
}

async function untilEqual(all: readonly Page[], expected?: string): Promise<string> {
  let text = '';
  await eventually('equal pages', async () => {
    const texts = await Promise.all(all.map(textOf));
    text = texts[0] ?? '';
    return texts.every((other) => other === (expected ?? text));
  });
  return text;
}

/** What a client without anything of its own finds on the server. */
async function savedOn(node: NodeProcess): Promise<string> {
  const doc = new Y.Doc();
  const provider = new HearsayProvider(node.url, 'notes', doc);
  try {
    await eventually('the state of the server', () => provider.synced);
    return doc.getText('text').toString();
  } finally {
    await provider.destroy();
  }
}

const words = (text: string): string[] => text.split(';').slice(0, -1).sort();

const wordsOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe('a provider in pages', () => {
  test('B1: a thousand edits offline, the server killed, a tab duplicated and reloaded: all equal, nothing twice', async () => {
    const node = await startNode();
    const [near, far] = [await profile(), await profile()];
    const one = await openPage(near, node.url);
    const two = await openPage(far, node.url);
    await one.evaluate(() => window.provider.write('first', 10));
    await one.evaluate(() => window.provider.whenSaved());
    await untilEqual([one, two], await textOf(one));

    await near.setOffline(true);
    await node.stop('SIGKILL');
    await untilState(one, 'offline');
    await untilState(two, 'offline');
    await one.evaluate(() => window.provider.write('one', 1000));
    await two.evaluate(() => window.provider.write('two', 50));
    await eventually('the count', () => one.evaluate(() => window.provider.unsaved() === 1000));

    const duplicate = await near.newPage();
    await near.setOffline(false); // the page itself has to come from somewhere
    await duplicate.goto(pages.url('provider'));
    await near.setOffline(true);
    await duplicate.evaluate((url) => window.provider.open(url), node.url);
    expect(words(await textOf(duplicate))).toHaveLength(1010);
    const clients = await Promise.all(
      [one, duplicate].map((page) => page.evaluate(() => window.provider.client())),
    );
    expect(new Set(clients).size).toBe(2);
    await duplicate.evaluate(() => window.provider.write('dup', 20));
    await untilEqual([one, duplicate]);

    // The tab that leads goes, and comes back with what is stored.
    await eventually('both know of all', () => duplicate.evaluate(() => window.provider.unsaved() === 1020));
    await one.close();
    const again = await near.newPage();
    await near.setOffline(false);
    await again.goto(pages.url('provider'));
    await near.setOffline(true);
    await again.evaluate((url) => window.provider.open(url), node.url);
    expect(words(await textOf(again))).toHaveLength(1030);

    const saved = again.evaluate(() => window.provider.whenSaved());
    let isSaved = false;
    saved.then(
      () => {
        isSaved = true;
      },
      () => {},
    );
    await node.start();
    await untilState(two, 'live');
    expect(isSaved).toBe(false);
    await near.setOffline(false);
    await saved;
    // Whatever was said to be saved is still there after this.
    await node.stop('SIGKILL');
    await node.start();
    const onServer = words(await savedOn(node));
    const ours = [...wordsOf('first', 10), ...wordsOf('one', 1000), ...wordsOf('dup', 20)];
    expect(onServer).toEqual(expect.arrayContaining(ours));

    await two.evaluate(() => window.provider.whenSaved());
    const all = await untilEqual([again, duplicate, two]);
    expect(words(all)).toEqual([...ours, ...wordsOf('two', 50)].sort());
    await eventually('the server', async () => (await savedOn(node)) === all);
    for (const page of [again, duplicate, two]) {
      expect(await page.evaluate(() => window.provider.unsaved())).toBe(0);
      expect(await page.evaluate(() => window.provider.errors())).toEqual([]);
    }
  }, 120_000);

  test('B2: tabs of a profile have one socket; when the one that leads is closed another takes over', async () => {
    const node = await startNode();
    const context = await profile();
    const first = await openPage(context, node.url);
    await untilState(first, 'live');
    const others = [await openPage(context, node.url), await openPage(context, node.url)];
    const [second, third] = others;
    if (second === undefined || third === undefined) throw new Error('two pages');
    for (const page of others) await untilState(page, 'live');
    const socketsOf = (page: Page): Promise<number> => page.evaluate(() => window.provider.sockets());
    expect(await Promise.all([first, ...others].map(socketsOf))).toEqual([1, 0, 0]);
    await eventually('presence of three', () => third.evaluate(() => window.provider.present().length === 3));
    await second.evaluate(() => window.provider.write('second', 5));
    await second.evaluate(() => window.provider.whenSaved());
    await untilEqual([first, second, third], await textOf(second));
    await first.close();
    await third.evaluate(() => window.provider.write('third', 5));
    await third.evaluate(() => window.provider.whenSaved());
    await untilEqual([second, third], await textOf(third));
    expect(await savedOn(node)).toBe(await textOf(third));
    const sockets = await Promise.all(others.map(socketsOf));
    expect(sockets.reduce((sum, count) => sum + count, 0)).toBe(1);
    await eventually('presence of two', () => third.evaluate(() => window.provider.present().length === 2));
  }, 120_000);

  test('B3: what says that the network is back makes the page try at once', async () => {
    const node = await startNode();
    const page = await openPage(await profile(), node.url);
    await untilState(page, 'live');
    // The longest pauses there are.
    await page.evaluate(() => {
      Math.random = () => 0.999;
    });
    await node.stop('SIGKILL');
    const tries = (event: string, target: 'window' | 'document'): Promise<number> =>
      page.evaluate(
        async ([name, where]) => {
          // In one go: no attempt that was due comes between.
          while (window.provider.state() !== 'offline') {
            await new Promise((resolve) => requestAnimationFrame(resolve));
          }
          const before = window.provider.sockets();
          (where === 'window' ? window : document).dispatchEvent(new Event(name));
          return window.provider.sockets() - before;
        },
        [event, target] as const,
      );
    for (const [event, target] of [
      ['online', 'window'],
      ['pageshow', 'window'],
      ['visibilitychange', 'document'],
    ] as const) {
      expect(await tries(event, target)).toBe(1);
    }
    await node.start();
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await untilState(page, 'live');
  }, 120_000);

  test('B4: a page of another origin whose network lets no WebSocket through asks over HTTP, and is live', async () => {
    const node = await startNode();
    const network = await withoutWebSockets(node.port);
    endings.push(() => network.close());
    const context = await profile();
    const page = await openPage(context, network.url);
    await untilState(page, 'live');
    expect(new URL(page.url()).origin).not.toBe(new URL(network.url.replace('ws:', 'http:')).origin);
    await page.evaluate(() => window.provider.write('there', 3));
    await page.evaluate(() => window.provider.whenSaved());
    expect(words(await savedOn(node))).toEqual(wordsOf('there', 3));
    const other = await openPage(await profile(), node.url);
    await other.evaluate(() => window.provider.write('back', 2));
    await eventually('what the other wrote', async () => words(await textOf(page)).length === 5);
    expect(network.upgrades()).toBeGreaterThan(0);
  }, 120_000);
});
