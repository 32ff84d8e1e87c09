import { type MembershipContext, selfClaim } from './context.ts';
import type { MemberDescription } from './messages.ts';

/** Whether a member says that it is slow: then it is given longer to object. */
export function isSlow({ capabilities }: Pick<MemberDescription, 'capabilities'>): boolean {
  return capabilities.includes('slow');
}

/**
 * What Lifeguard's score is for those who probe, this is for those who are probed: a node that gets too little processor time to answer
 * in time says so while it still can, and is given longer before it is given up.
 */
export class Slowness {
  readonly #context: MembershipContext;
  #lateAt = 0;

  constructor(context: MembershipContext) {
    this.#context = context;
  }

  /** This node was late: by more than the time-out of a probe, it would not have answered one. */
  onLag(lagMs: number, now: number): void {
    const { lagToleranceMs, probeTimeoutMs, slowSuspicionFactor } = this.#context.config;
    if (lagToleranceMs === null || slowSuspicionFactor === 1 || lagMs <= probeTimeoutMs) return;
    this.#lateAt = now;
    if (!isSlow(this.#context.self.description)) this.#describe([...this.#others(), 'slow']);
  }

  /** Every now and then: it has been in time for long enough. */
  review(now: number): void {
    const { config, self } = this.#context;
    if (isSlow(self.description) && now - this.#lateAt >= config.slowMemoryMs) this.#describe(this.#others());
  }

  #others(): readonly string[] {
    return this.#context.self.description.capabilities.filter((capability) => capability !== 'slow');
  }

  #describe(capabilities: readonly string[]): void {
    const { self, news } = this.#context;
    self.description = { ...self.description, capabilities };
    self.revision++;
    news.add(selfClaim(this.#context));
  }
}
