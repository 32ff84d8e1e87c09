/** Runs asynchronous jobs one after the other, in the order they came. */
export interface Exclusive {
  run<T>(job: () => Promise<T>): Promise<T>;
  /** Resolves when all jobs so far are done. */
  idle(): Promise<void>;
}

export function createExclusive(): Exclusive {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(job) {
      const done = last.then(job, job);
      last = done.catch(() => {});
      return done;
    },
    idle: () => last.then(() => {}),
  };
}
