/**
 * Waits until everything that can run without virtual time passing has run. Simulated parts are made of promises,
 * whose jobs are all done before the event loop's next turn; operations of a database that take turns of the
 * event loop announce themselves.
 */
export class Settlement {
  #underway = 0;

  /** Keeps virtual time from passing until `operation` settles. */
  async hold<T>(operation: Promise<T>): Promise<T> {
    this.#underway++;
    try {
      return await operation;
    } finally {
      this.#underway--;
    }
  }

  async settle(): Promise<void> {
    do await nextTurn();
    while (this.#underway > 0);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
