import type { EventEmitter } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Clock, Timers } from '@hearsay/core';
import type { Log } from './log.ts';

export interface DescriptorWatchDeps {
  /** The listening server: where nothing is left to accept with, it emits errors, which would end the process. */
  readonly server: Pick<EventEmitter, 'on'> & { readonly listening: boolean };
  readonly log: Log;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Opens one file and closes it; throws where that cannot be done. */
  readonly tryOne?: () => void;
}

export interface DescriptorWatch {
  /** Times that there was none to be had. */
  readonly exhausted: number;
  stop(): void;
}

/** Between two tries. Node turns connections away without a word where no descriptor is left, so somebody has to look. */
const tryMs = 1000;
/** While it lasts it is told so often. */
const tellMs = 60_000;

/** Notices that the process, or the machine, has no file descriptors left. */
export function watchDescriptors(deps: DescriptorWatchDeps): DescriptorWatch {
  const { server, log, clock, timers, tryOne = openOne } = deps;
  let exhausted = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  let cancel = timers.set(tryMs, look);

  function note(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EMFILE' && code !== 'ENFILE') {
      log.error({ code: 'LISTENER_FAILED', err: error }, 'the port reports an error');
      return;
    }
    exhausted++;
    if (clock.monotonic() - toldAt < tellMs) return;
    toldAt = clock.monotonic();
    const whose = code === 'EMFILE' ? 'this process may have: raise `ulimit -n`' : 'this machine has';
    const text = `all file descriptors are taken that ${whose}; whoever connects is turned away until some are free`;
    log.error({ code: 'DESCRIPTORS_EXHAUSTED', reason: message }, text);
  }

  function look(): void {
    try {
      tryOne();
    } catch (error) {
      note(error);
    }
    cancel = timers.set(tryMs, look);
  }

  // What goes wrong before it listens is told to whoever began that.
  server.on('error', (error) => void (server.listening && note(error)));
  return {
    get exhausted() {
      return exhausted;
    },
    stop: () => cancel(),
  };
}

function openOne(): void {
  closeSync(openSync('/', 'r'));
}
