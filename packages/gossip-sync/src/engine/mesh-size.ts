/** Share of the limit that a cluster must fall to before it is meshed again: it does not go back and forth. */
const returnShare = 0.8;

/** Whether the cluster is small enough for a full mesh; with a limit of 0 none is, not even that of one node alone. */
export class MeshSize {
  readonly #maxPeers: number;
  #isFull = true;

  constructor(maxPeers: number) {
    this.#maxPeers = maxPeers;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Takes in the number of other members; true when that changes the answer. */
  changes(peers: number): boolean {
    const limit = this.#isFull ? this.#maxPeers : this.#maxPeers * returnShare;
    const isFull = this.#maxPeers > 0 && peers <= limit;
    if (isFull === this.#isFull) return false;
    this.#isFull = isFull;
    return true;
  }
}
