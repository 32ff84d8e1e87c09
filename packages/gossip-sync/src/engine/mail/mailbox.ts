import { KeptWindow } from './kept-window.ts';

/** How far a peer has been told of the outbox here, and what it has acknowledged. */
export class Mailbox {
  /** Links there have been to this peer. */
  links = 0;
  /** There is a link, and the cursor is being read or known. */
  isOpen = false;
  /** The cursor has been read: mail may flow. */
  isReady = false;
  isReading = false;
  isCongested = false;
  /** Not all that was kept while the peer was away has been sent. */
  isCatchingUp = false;
  readonly keptWindow: KeptWindow = new KeptWindow();
  /** Bytes sent before their turn since the last receipt. */
  copiedBytes = 0;
  /** Told up to here, in this link. */
  sent = 0;
  /** Synced there up to here. */
  acked = 0;
  /** The cursor on disk; null when there is none. */
  saved: number | null = null;
  unackedBytes = 0;
  #unacked: { through: number; readonly bytes: number; readonly sentAt: number }[] = [];
  /** Nothing is known of what the peer has from before this. */
  #base = 0;
  /** From here on every acknowledgement is known, in this run of the node. */
  #followed = 0;
  /** The stores were equal, up to here. */
  #proven = 0;
  #except: ReadonlySet<number> = new Set();
  #resumeUntil = 0;
  #deliveries = 0;
  /** Where the peer was left is known here; the disk, which is written seldom, may know less. */
  #isKnown = false;

  get isResuming(): boolean {
    return this.links > 0 && (!this.isReady || this.acked < this.#resumeUntil);
  }

  /** A new link: answers of the store for an older one do not count. */
  link(): void {
    this.unlink();
    this.links++;
  }

  unlink(): void {
    this.isOpen = false;
    this.isReady = false;
    this.isReading = false;
    this.isCongested = false;
    this.isCatchingUp = false;
    this.copiedBytes = 0;
    this.unackedBytes = 0;
    this.#unacked = [];
    this.#deliveries = 0;
  }

  /** Nothing more is to be told of what came before `sequence`, and nothing is known of it either. */
  skipTo(sequence: number): void {
    this.acked = sequence;
    this.#base = sequence;
    this.#followed = sequence;
    this.#isKnown = true;
  }

  isCurrent(link: number): boolean {
    return link === this.links;
  }

  /** Goes on where the peer was left; one never mailed begins at the head, the rest is repair's. */
  resume(cursor: number | undefined, head: number): void {
    if (!this.#isKnown) {
      this.saved = cursor ?? null;
      this.acked = Math.min(cursor ?? head, head);
      this.#base = cursor === undefined ? head : 0;
      this.#followed = this.acked;
      this.#isKnown = true;
    }
    this.sent = this.acked;
    this.#resumeUntil = head;
    this.isCatchingUp = this.sent < head;
    this.isReady = true;
  }

  /** The number of this delivery on the link. */
  delivered(through: number, bytes: number, now: number): number {
    this.#unacked.push({ through, bytes, sentAt: now });
    this.unackedBytes += bytes;
    this.sent = through;
    return ++this.#deliveries;
  }

  /** The number of a delivery of what comes again in its turn. */
  copied(bytes: number): number {
    this.copiedBytes += bytes;
    return ++this.#deliveries;
  }

  /** Nothing up to `through` was for this peer. True when that moves what is acknowledged. */
  skipped(through: number): boolean {
    if (through <= this.sent) return false;
    this.sent = through;
    const last = this.#unacked.at(-1);
    if (last === undefined) this.acked = through;
    else this.#unacked.push({ through, bytes: 0, sentAt: last.sentAt });
    return last === undefined;
  }

  dropped(through: number): void {
    this.#base = Math.max(this.#base, through);
    this.#followed = Math.max(this.#followed, through);
  }

  acknowledged(through: number, except: readonly number[], now: number): void {
    this.copiedBytes = 0;
    this.#except = new Set(except);
    this.acked = Math.max(this.acked, through);
    for (let first = this.#unacked[0]; first !== undefined; first = this.#unacked[0]) {
      // What was skipped after the last delivery needs no receipt of its own.
      if (first.through > through && first.bytes > 0) break;
      this.#unacked.shift();
      this.unackedBytes -= first.bytes;
      if (first.bytes > 0) this.keptWindow.acknowledged(now - first.sentAt);
      this.acked = Math.max(this.acked, first.through);
    }
  }

  /** The peer has everything up to `head`, however it came there. False when that is no news. */
  proven(head: number): boolean {
    if (head <= this.#proven) return false;
    const isNews = !this.isDurable(head);
    this.#proven = head;
    return isNews;
  }

  /** Whether everything up to `sequence` is durable there: equal stores once, and every acknowledgement since. */
  holdsAll(sequence: number): boolean {
    if (sequence <= this.#proven) return true;
    if (this.#proven < this.#followed || sequence > this.acked) return false;
    for (const missing of this.#except) if (missing > this.#proven && missing <= sequence) return false;
    return true;
  }

  isDurable(sequence: number): boolean {
    if (sequence <= this.#proven) return true;
    return sequence > this.#base && sequence <= this.acked && !this.#except.has(sequence);
  }
}
