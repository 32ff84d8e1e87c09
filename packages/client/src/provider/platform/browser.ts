import { BrowserLevel } from 'browser-level';
import { openLongPollTransport } from '../../connection/long-poll-transport.ts';
import { openWebSocketTransport } from '../../connection/web-socket-transport.ts';
import { createBrowserTabs } from '../../tabs/browser-tabs.ts';
import type { ProviderPlatform } from './platform.ts';

/** Browsers: IndexedDB, the page's WebSocket, all pages of the origin as one client. */
export const platform: ProviderPlatform = {
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  timers: {
    set(delayMs, fire) {
      const timer = setTimeout(fire, delayMs);
      return () => clearTimeout(timer);
    },
  },
  entropy: (count) => crypto.getRandomValues(new Uint8Array(count)),
  openTransport: (transport, options, events) =>
    transport === 'websocket'
      ? openWebSocketTransport((url) => new WebSocket(url), options.url, events)
      : openLongPollTransport((url, init) => fetch(url, init), options, events),
  onStir,
  openDatabase: async (name) => {
    const database = new BrowserLevel<string, Uint8Array>(name, { valueEncoding: 'view' });
    await database.open();
    return database;
  },
  // Other servers may have other documents of the same names.
  defaultStorage: (url) => `hearsay/${url}`,
  joinTabs: createBrowserTabs(),
};

function onStir(listener: (online: boolean) => void): () => void {
  const ended = new AbortController();
  const options = { signal: ended.signal };
  const check = (): void => listener(navigator.onLine);
  globalThis.addEventListener('online', check, options);
  globalThis.addEventListener('offline', check, options);
  // A page that was hidden may have slept.
  globalThis.addEventListener('pageshow', check, options);
  globalThis.document?.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') check();
    },
    options,
  );
  return () => ended.abort();
}
