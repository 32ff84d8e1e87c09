/** Share of the limit that a cluster must fall to before it is meshed again: it does not go back and forth. */
const returnShare = 0.8;

/** Whether the cluster is small enough for a full mesh. */
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
    const isFull = peers <= (this.#isFull ? this.#maxPeers : this.#maxPeers * returnShare);
    if (isFull === this.#isFull) return false;
    this.#isFull = isFull;
    return true;
  }
}
