import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/node-process.ts';
import { launchChromium } from './chromium.ts';

const program = fileURLToPath(new URL('../../examples/run.js', import.meta.url));
const endings: (() => unknown)[] = [];
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterEach(async () => {
  for (const ending of endings.splice(0).reverse()) await ending();
});

afterAll(() => browser.close());

interface Example {
  readonly url: string;
  readonly process: ChildProcess;
  output(): string;
}

async function start(name: string): Promise<Example> {
  const data = await mkdtemp(join(tmpdir(), 'hearsay-example-'));
  const port = await freePort();
  const env = { ...process.env, DATA: data, PORT: String(port) };
  const started = spawn(process.execPath, [program, name], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [started.stdout, started.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  endings.push(async () => {
    if (started.exitCode === null) {
      started.kill('SIGTERM');
      await once(started, 'exit');
    }
    await rm(data, { recursive: true, force: true });
  });
  return { url: `http://127.0.0.1:${port}`, process: started, output: () => output };
}

/** Two windows of different people, with whatever goes wrong in them. */
async function windows({ url, output }: Example): Promise<readonly [Page, Page, string[]]> {
  await eventually('the page to be served', () => output().includes(url));
  const errors: string[] = [];
  const open = async (): Promise<Page> => {
    const context = await browser.newContext();
    endings.push(() => context.close());
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(url);
    return page;
  };
  return [await open(), await open(), errors];
}

async function shows(page: Page, selector: string, text: string): Promise<void> {
  await eventually(`"${text}"`, async () => ((await page.textContent(selector)) ?? '').includes(text));
}

describe('an example', () => {
  test('B40: code is edited in CodeMirror by two, who see each other’s cursors', async () => {
    const [one, other, errors] = await windows(await start('codemirror'));
    await one.click('.cm-content');
    await one.keyboard.type('const answer = 42;');
    await shows(other, '.cm-content', 'const answer = 42;');
    await other.click('.cm-content');
    await other.keyboard.press('Control+End');
    await other.keyboard.type(' // indeed');
    await shows(one, '.cm-content', 'const answer = 42; // indeed');
    await one.waitForSelector('.cm-ySelectionCaret');
    expect(errors).toEqual([]);
  });

  test('B40: rich text is edited in ProseMirror by two, formats included', async () => {
    const [one, other, errors] = await windows(await start('prosemirror'));
    await one.click('.ProseMirror');
    await one.keyboard.press('Control+b');
    await one.keyboard.type('bold');
    await shows(other, '.ProseMirror strong', 'bold');
    await other.click('.ProseMirror');
    await other.keyboard.press('Control+End');
    await other.keyboard.press('Enter');
    await other.keyboard.type('a second paragraph');
    await shows(one, '.ProseMirror', 'a second paragraph');
    expect(errors).toEqual([]);
  });

  test('B40: a list of things to do is kept by two', async () => {
    const [one, other, errors] = await windows(await start('todo'));
    for (const what of ['milk', 'bread']) {
      await one.fill('#what', what);
      await one.click('button[type=submit]');
    }
    await shows(other, '#list', 'bread');
    await other.check('li:has-text("milk") input');
    await one.waitForSelector('li.done:has-text("milk")');
    await one.click('li:has-text("bread") button');
    await eventually(
      'bread to be gone',
      async () => !((await other.textContent('#list')) ?? '').includes('bread'),
    );
    expect(errors).toEqual([]);
  });

  test('B40: a program works on what clients write', async () => {
    const { process: worker, output } = await start('worker');
    const [code] = await once(worker, 'exit');
    expect([code, output()]).toEqual([0, expect.stringContaining('tea: shipped, cake: shipped')]);
  });
});
