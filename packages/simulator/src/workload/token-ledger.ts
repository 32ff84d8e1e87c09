/** One edit, as the books know it: a token that the edit wrote and nothing deletes. */
export interface TokenEntry {
  readonly token: string;
  readonly document: string;
  readonly life: number;
  /** The Yjs client that wrote it, and its next clock after the edit: whoever knows that clock has the token. */
  readonly clientId: number;
  readonly endClock: number;
}

/** What a node is known to have committed of one document. */
type KnownClocks = Map<number, number>;

/**
 * Who wrote what, what was acknowledged, and which nodes have it. A disk that lies, rots or is restored may take back
 * what its node acknowledged alone; what any other node has must survive.
 */
export class TokenLedger {
  readonly #entries = new Map<string, TokenEntry>();
  readonly #acknowledged = new Set<string>();
  readonly #excused = new Set<string>();
  /** By node, then document. */
  readonly #holdings = new Map<string, Map<string, KnownClocks>>();
  readonly #deadLives = new Map<string, number>();
  /** Nodes whose word counts for nothing at present. */
  readonly #distrusted = new Set<string>();

  get submittedCount(): number {
    return this.#entries.size;
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.size;
  }

  written(entry: TokenEntry): void {
    this.#entries.set(entry.token, entry);
  }

  wasWritten(token: string): boolean {
    return this.#entries.has(token);
  }

  acknowledged(token: string, node: string): void {
    if (!this.#distrusted.has(node)) this.#acknowledged.add(token);
  }

  /** A node has committed these clocks of a document. */
  committed(node: string, document: string, clocks: ReadonlyMap<number, number>): void {
    if (this.#distrusted.has(node)) return;
    const documents = this.#holdings.get(node) ?? new Map<string, KnownClocks>();
    this.#holdings.set(node, documents);
    const known = documents.get(document) ?? new Map<number, number>();
    documents.set(document, known);
    for (const [client, clock] of clocks) {
      if (clock > (known.get(client) ?? 0)) known.set(client, clock);
    }
  }

  /** The node's disk is no longer to be trusted: what only it had may be lost. */
  disaster(node: string): void {
    this.#distrusted.add(node);
    this.#holdings.delete(node);
    for (const token of this.#acknowledged) {
      const entry = this.#entries.get(token);
      if (entry !== undefined && !this.#isHeld(entry)) this.#excused.add(token);
    }
  }

  /** All of the node's disk has been read since. */
  trust(node: string): void {
    this.#distrusted.delete(node);
  }

  /** A life of a document was ended: its tokens went with it, and those go that are still written to it elsewhere. */
  deleted(document: string, life: number): void {
    this.#deadLives.set(document, Math.max(life, this.#deadLives.get(document) ?? 0));
  }

  /** Tokens of a document that have to be in every replica. */
  required(document: string): readonly string[] {
    const dead = this.#deadLives.get(document) ?? 0;
    return [...this.#acknowledged].filter((token) => {
      const entry = this.#entries.get(token);
      return entry?.document === document && entry.life > dead && !this.#excused.has(token);
    });
  }

  get excusedCount(): number {
    return this.#excused.size;
  }

  #isHeld(entry: TokenEntry): boolean {
    for (const documents of this.#holdings.values()) {
      if ((documents.get(entry.document)?.get(entry.clientId) ?? 0) >= entry.endClock) return true;
    }
    return false;
  }
}
