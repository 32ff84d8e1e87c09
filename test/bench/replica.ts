import type { BrowserContext } from 'playwright-core';
import { launchChromium } from '../browser/chromium.ts';
import { servePages } from '../browser/page-server.ts';
import { Bench, write } from '../replica/bench.ts';
import { tapTraffic } from '../replica/traffic.ts';

const documents = 10_000;
const changed = 10;

/** Opens the replica, waits until it is live, closes it; gives the milliseconds. */
type Visit = (server: string) => Promise<number>;

/** A replica of 10,000 documents of 200 characters on LevelDB and in Chromium: time, and bytes after the handshake. */
export async function benchReplica(report: (line: string) => void): Promise<void> {
  const bench = new Bench();
  const pages = await servePages('replica');
  const browser = await launchChromium();
  try {
    const names = Array.from({ length: documents }, (_, index) => `n/${String(index).padStart(5, '0')}`);
    const inNode = await visitInNode(bench);
    const inPage = visitInPage(await browser.newContext(), pages.url('replica'));
    for (const [where, visit] of [
      ['Node', inNode],
      ['Chromium', inPage],
    ] as const) {
      const node = await bench.node();
      await write(node, names, 'x'.repeat(200));
      const traffic = await tapTraffic(node.port);
      bench.after(() => traffic.close());
      for (const [what, prepare] of [
        ['first synchronisation', async () => {}],
        ['nothing changed', async () => {}],
        [`${changed} changed`, () => write(node, names.slice(0, changed), 'changed')],
      ] as const) {
        await prepare();
        traffic.clear();
        const ms = await visit(traffic.url);
        report(`${where}, ${what}: ${ms.toFixed(0)} ms, ${traffic.down} B down, ${traffic.up} B up`);
      }
    }
  } finally {
    await browser.close();
    await pages.close();
    await bench.end();
  }
}

async function visitInNode(bench: Bench): Promise<Visit> {
  const storage = await bench.directory();
  return async (server) => {
    const at = performance.now();
    const replica = await bench.replica({ clientUrl: server }, { storage });
    await replica.whenLive();
    const ms = performance.now() - at;
    await replica.close();
    return ms;
  };
}

function visitInPage(context: BrowserContext, url: string): Visit {
  return async (server) => {
    const page = await context.newPage();
    await page.goto(url);
    const openMs = await page.evaluate((node) => window.replicas.open({ server: node }), server);
    const { ms } = await page.evaluate(() => window.replicas.live());
    await page.close();
    return openMs + ms;
  };
}
