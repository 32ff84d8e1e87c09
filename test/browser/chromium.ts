import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

/** Root may not have a sandbox, and there is nobody to be kept out: pages are our own. */
const noSandbox = ['--no-sandbox'];

/** A headless Chromium; the caller closes it. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = await chromium.executablePath();
  return playwright.launch({ executablePath, args: [...noSandbox], headless: true });
}
