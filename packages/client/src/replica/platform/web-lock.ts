import type { Lease } from '@hearsay/storage';

/** Takes a name for this page, for as long as it lives or until it is released; undefined when another page has it. */
export function lockName(name: string): Promise<Lease | undefined> {
  return new Promise((resolve, reject) => {
    let isHeld = true;
    let release = (): void => {};
    const released = new Promise<void>((done) => {
      release = done;
    });
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(undefined);
          return;
        }
        resolve({
          held: async () => isHeld,
          release: async () => release(),
        });
        return released;
      })
      .catch(reject)
      // Also when another page has stolen it.
      .finally(() => {
        isHeld = false;
      });
  });
}
