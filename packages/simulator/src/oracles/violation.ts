/** A promise that was not kept. */
export interface Violation {
  /** Which oracle saw it. */
  readonly oracle: string;
  readonly message: string;
  readonly at: number;
}

/** Told of violations as they are seen; the run ends at the first. */
export type Report = (oracle: string, message: string) => void;
