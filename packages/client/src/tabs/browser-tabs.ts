import { createSameProgramTabs } from './same-program-tabs.ts';
import type { JoinTabs, TabGroup, TabId, TabMessage } from './tab-group.ts';

interface Envelope {
  readonly from: TabId;
  readonly message: TabMessage;
}

/** Groups over all pages of an origin: Web Locks choose who leads and tell who is gone, a BroadcastChannel carries the rest. */
export function createBrowserTabs(): JoinTabs {
  const hasLocks = globalThis.navigator?.locks !== undefined && globalThis.BroadcastChannel !== undefined;
  return hasLocks ? joinPages : createSameProgramTabs();
}

const joinPages: JoinTabs = (group, id, listener) => {
  const channel = new BroadcastChannel(`hearsay/${group}`);
  const left = new AbortController();
  /** Held as long as this member is there. */
  const closed = new Promise<void>((resolve) => left.signal.addEventListener('abort', () => resolve()));
  const request = (name: string, held: () => unknown): void => {
    navigator.locks
      .request(`hearsay/${name}`, { signal: left.signal }, async () => {
        if (!left.signal.aborted) await held();
      })
      .catch(() => {}); // left before it was granted
  };
  // Others wait for this lock to know when this tab is gone, so it is taken before they can hear of it.
  let waiting: Envelope[] | undefined = [];
  request(`tab/${id}`, () => {
    for (const envelope of waiting ?? []) channel.postMessage(envelope);
    waiting = undefined;
    return closed;
  });
  request(`lead/${group}`, () => {
    listener.lead();
    return closed;
  });
  channel.onmessage = ({ data }: MessageEvent<Envelope>) => listener.message(data.from, data.message);
  const tabs: TabGroup = {
    id,
    post: (message) => {
      if (left.signal.aborted) return;
      if (waiting === undefined) channel.postMessage({ from: id, message });
      else waiting.push({ from: id, message });
    },
    watch: (tab) => request(`tab/${tab}`, () => listener.gone(tab)),
    close: () => {
      left.abort();
      channel.close();
    },
  };
  return tabs;
};
