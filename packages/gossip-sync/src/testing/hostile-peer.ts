import { createHandshake, type Handshake, type HandshakeEffect } from '../handshake/handshake.ts';
import type { HelloMessage } from '../handshake/messages.ts';
import type { LinkDirection, LinkId, TransportListener } from '../ports.ts';
import { decodeFrame, encodeFrame } from '../wire/frame.ts';
import type { PeerMessage } from '../wire/message-table.ts';
import { replicaIdOf, type TestCluster, testAuthenticator } from './cluster.ts';
import type { VirtualTransport } from './virtual-network.ts';

/** A member of the cluster, with its secret, that says whatever a test has it say. */
export class HostilePeer implements TransportListener {
  readonly heard: PeerMessage[] = [];
  closedWith: number | null = null;
  readonly #cluster: TestCluster;
  readonly #transport: VirtualTransport;
  readonly #hello: HelloMessage;
  #handshake: Handshake | null = null;
  #link: LinkId | null = null;

  constructor(cluster: TestCluster, name = 'zz-hostile') {
    this.#cluster = cluster;
    this.#transport = cluster.network.attach(name);
    this.#transport.listen(this);
    this.#hello = {
      type: 'hello',
      version: 1,
      oldestVersion: 1,
      cluster: 'test',
      replicaId: replicaIdOf(name),
      incarnation: 1,
      session: 666,
      nonce: '6'.repeat(32),
      addresses: [],
      region: '',
      capabilities: [],
    };
  }

  /** Dials until a link is authenticated. */
  async join(address: string): Promise<void> {
    this.closedWith = null;
    this.#handshake = null;
    this.#transport.dial(address);
    await this.#cluster.until(
      () => this.#handshake?.state === 'established' || this.closedWith !== null,
      5000,
      1,
    );
  }

  get isLinked(): boolean {
    return this.#handshake?.state === 'established' && this.closedWith === null;
  }

  say(message: PeerMessage): void {
    if (this.#link !== null) this.#transport.send(this.#link, encodeFrame(message));
  }

  linkOpened(link: LinkId, direction: LinkDirection): void {
    if (direction === 'accepted') {
      this.#transport.close(link, 1000, 'no visitors');
      return;
    }
    this.#link = link;
    const { cluster, replicaId, incarnation } = this.#hello;
    this.#handshake = createHandshake({
      direction,
      hello: this.#hello,
      local: {
        identity: { cluster, replicaId, incarnation },
        session: this.#hello.session,
        isOwnNonce: () => false,
        knownIncarnation: () => undefined,
        linkedSession: () => undefined,
      },
    });
    this.#perform(this.#handshake.handle({ type: 'opened' }));
  }

  frameReceived(_link: LinkId, frame: Uint8Array): void {
    const decoded = decodeFrame(frame);
    if (!decoded.ok || decoded.value === null) return;
    if (decoded.value.channel === 'handshake') {
      const { message } = decoded.value;
      this.#perform(this.#handshake?.handle({ type: 'message', message }) ?? []);
    } else this.heard.push(decoded.value);
  }

  linkClosed(link: LinkId | null, _address: string, code: number): void {
    if (link === this.#link || link === null) this.closedWith = code;
  }

  linkDrained(): void {}

  #perform(effects: readonly HandshakeEffect[]): void {
    const { cluster, replicaId, incarnation } = this.#hello;
    for (const effect of effects) {
      if (effect.type === 'send') this.say({ channel: 'handshake', message: effect.message });
      if (effect.type === 'prove') {
        const identity = { cluster, replicaId, incarnation };
        void testAuthenticator('secret')
          .prove(identity, effect.audience, effect.nonce)
          .then((token) => this.#perform(this.#handshake?.handle({ type: 'proved', token }) ?? []));
      }
      if (effect.type === 'verify') {
        this.#perform(this.#handshake?.handle({ type: 'verified', valid: true }) ?? []);
      }
    }
  }
}
