import type { Lease } from '@hearsay/storage';

/** Milliseconds in which a page that has just been closed has let go of its locks. */
const lettingGoMs = 1000;

/** Takes a name for this page, for as long as it lives or until it is released; undefined when another page has it. */
export function lockName(name: string): Promise<Lease | undefined> {
  return new Promise((resolve, reject) => {
    let isHeld = true;
    let release = (): void => {};
    const released = new Promise<void>((done) => {
      release = done;
    });
    navigator.locks
      .request(name, { signal: AbortSignal.timeout(lettingGoMs) }, () => {
        resolve({
          held: async () => isHeld,
          release: async () => release(),
        });
        return released;
      })
      .catch((error: unknown) => {
        const isTaken = error instanceof DOMException && /^(Abort|Timeout)Error$/.test(error.name);
        if (isTaken) resolve(undefined);
        else reject(error);
      })
      // Also when another page has stolen it.
      .finally(() => {
        isHeld = false;
      });
  });
}
