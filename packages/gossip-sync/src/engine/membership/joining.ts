import type { MembershipContext } from './context.ts';
import { isDialOnly } from './member.ts';
import type { MemberClaim, MemberDescription } from './messages.ts';

/** Seeds dialled in one attempt: enough that one of a few dead ones does not matter. */
const seedsPerAttempt = 3;

/** Finds a first peer, at the start and whenever the last link is lost, with growing pauses. */
export class Joining {
  readonly #context: MembershipContext;
  readonly #seeds: readonly string[];
  #remembered: readonly MemberDescription[] = [];
  #attempts = 0;
  #isArmed = false;

  constructor(context: MembershipContext, seeds: readonly string[]) {
    this.#context = context;
    this.#seeds = seeds;
  }

  start(remembered: readonly MemberClaim[]): void {
    this.#remembered = remembered.flatMap(({ description, replicaId }) =>
      description === null || replicaId === this.#context.self.replicaId ? [] : [description],
    );
    this.attempt();
  }

  /** Call when links may have been lost, and for its timer. */
  onTimer(): void {
    this.#isArmed = false;
    this.attempt();
  }

  attempt(): void {
    const { links, self, random, emit, config } = this.#context;
    if (links.size > 0) this.#attempts = 0;
    if (links.size > 0 || self.isLeaving || this.#isArmed) return;
    for (const seed of random.shuffled(this.#seeds).slice(0, seedsPerAttempt)) {
      emit({ type: 'dial', peer: null, addresses: [seed], reason: 'join' });
    }
    this.#dialSomebodyKnown();
    const pause = Math.min(config.joinRetryMaxMs, config.joinRetryMs * 2 ** Math.min(this.#attempts++, 30));
    this.#isArmed = true;
    emit({ type: 'wake', afterMs: pause * (0.5 + random.next() / 2), timer: { type: 'join' } });
  }

  #dialSomebodyKnown(): void {
    const { members, random, emit } = this.#context;
    const live = random.pick(members.live().filter((member) => !isDialOnly(member)));
    if (live !== undefined) {
      const { replicaId, description } = live;
      emit({ type: 'dial', peer: replicaId, addresses: description.addresses, reason: 'join' });
      return;
    }
    const remembered = random.pick(this.#remembered.filter(({ addresses }) => addresses.length > 0));
    if (remembered === undefined) return;
    emit({ type: 'dial', peer: null, addresses: remembered.addresses, reason: 'join' });
  }
}
