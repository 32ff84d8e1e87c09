import type { FrameFault } from '../network/frame-faults.ts';
import type { SimulatedNode } from '../node/simulated-node.ts';
import {
  afterwards,
  biting,
  type FaultDefinition,
  type FaultWorld,
  otherOf,
  type PlannedFault,
  targetOf,
} from './fault-world.ts';

/** Kinds of fault of this file. */
export type NetworkFault =
  | 'partition'
  | 'isolate'
  | 'oneWay'
  | 'partial'
  | 'swizzle'
  | 'delay'
  | 'stall'
  | 'drop'
  | 'duplicate'
  | 'swap'
  | 'flip'
  | 'lie'
  | 'reset'
  | 'halfOpen'
  | 'throttle'
  | 'slowReader';

/** What befalls the ways between machines. Each is counted where something is held back, slowed down or lost by it. */
export const networkFaults: Readonly<Record<NetworkFault, FaultDefinition>> = {
  partition: {
    what: 'the cluster falls into two halves that hear nothing of each other (F40)',
    durationMs: [3000, 40_000],
    inject(world, fault, random) {
      const shuffled = random.shuffled(world.nodes);
      const cut = 1 + (fault.other % (shuffled.length - 1));
      block(world, fault, pairs(shuffled.slice(0, cut), shuffled.slice(cut)), 'both', 'partition');
    },
  },
  isolate: {
    what: 'one machine hears nobody and is heard by nobody (F40)',
    durationMs: [3000, 40_000],
    inject(world, fault) {
      const target = targetOf(world, fault);
      block(world, fault, pairs([target], without(world, target)), 'both', 'isolate');
    },
  },
  oneWay: {
    what: 'one machine is heard by another that it does not hear (F41)',
    durationMs: [3000, 60_000],
    inject(world, fault) {
      block(world, fault, [[targetOf(world, fault), otherOf(world, fault)]], 'there', 'oneWay');
    },
  },
  partial: {
    what: 'two machines that both hear the others do not hear each other (F42)',
    durationMs: [3000, 60_000],
    inject(world, fault) {
      block(world, fault, [[targetOf(world, fault), otherOf(world, fault)]], 'both', 'partial');
    },
  },
  swizzle: {
    what: 'all links of a machine stop one by one and come back in another order (F43)',
    durationMs: [5000, 30_000],
    inject(world, fault, random) {
      const target = targetOf(world, fault);
      const others = random.shuffled(without(world, target));
      for (const other of others) {
        world.time.after(random.below(fault.durationMs / 2), () => {
          if (!world.faulty) return;
          const remainingMs = fault.durationMs / 2 + random.below(fault.durationMs / 2);
          block(world, { ...fault, durationMs: remainingMs }, [[target, other]], 'both', 'swizzle');
        });
      }
    },
  },
  delay: {
    what: 'everything between two machines takes much longer (F44)',
    durationMs: [2000, 20_000],
    inject(world, fault) {
      const [a, b] = [targetOf(world, fault).name, otherOf(world, fault).name];
      const { conditions } = world.network;
      const extraMs = 50 + Math.floor(fault.amount * 3000);
      const bites = biting(world, 'delay');
      conditions.delay(a, b, extraMs, bites);
      conditions.delay(b, a, extraMs, bites);
      afterwards(world, fault, () => {
        conditions.delay(a, b, 0);
        conditions.delay(b, a, 0);
      });
    },
  },
  stall: {
    what: 'lost packets: one direction stands still and goes on before anybody gives it up (F44)',
    durationMs: [100, 4000],
    inject(world, fault) {
      block(world, fault, [[targetOf(world, fault), otherOf(world, fault)]], 'there', 'stall');
    },
  },
  drop: frameFault('drop', 'a frame is lost and the link with it (F48)', 1),
  duplicate: frameFault('duplicate', 'frames arrive twice (F46)', 10),
  swap: frameFault('swap', 'frames overtake each other (F46)', 4),
  flip: frameFault('flip', 'a bit of a frame is turned (F50)', 2),
  lie: frameFault('lie', 'a peer says what is not so (F53)', 20),
  reset: {
    what: 'all links between two machines are reset (F48)',
    durationMs: [0, 0],
    inject(world, fault) {
      for (const link of world.network.linksBetween(...namesOf(world, fault))) {
        if (link.dialler.terminate('connection reset')) world.fired('reset');
      }
    },
  },
  halfOpen: {
    what: 'the links between two machines are forgotten on the way: both ends believe in them (F47)',
    durationMs: [0, 0],
    inject(world, fault) {
      for (const link of world.network.linksBetween(...namesOf(world, fault))) {
        link.sever(biting(world, 'halfOpen'));
      }
    },
  },
  throttle: {
    what: 'a thin pipe between two machines (F45)',
    durationMs: [3000, 30_000],
    inject(world, fault) {
      const [a, b] = namesOf(world, fault);
      const { conditions } = world.network;
      // From 0.5 to 32 bytes a millisecond: 4 to 256 kbit/s.
      const bytesPerMs = 0.5 + fault.amount * 31.5;
      const bites = biting(world, 'throttle');
      conditions.throttle(a, b, bytesPerMs, bites);
      conditions.throttle(b, a, bytesPerMs, bites);
      afterwards(world, fault, () => {
        conditions.throttle(a, b, Number.POSITIVE_INFINITY);
        conditions.throttle(b, a, Number.POSITIVE_INFINITY);
      });
    },
  },
  slowReader: {
    what: 'a machine reads a kilobyte a second from each link (F49)',
    durationMs: [3000, 30_000],
    inject(world, fault) {
      const { name } = targetOf(world, fault);
      world.network.conditions.slowReader(name, 1, biting(world, 'slowReader'));
      afterwards(world, fault, () => world.network.conditions.slowReader(name, Number.POSITIVE_INFINITY));
    },
  },
};

function frameFault(fault: FrameFault, what: string, atMost: number): FaultDefinition {
  return {
    what,
    durationMs: [0, 0],
    inject(world, planned) {
      const frames = 1 + Math.floor(planned.amount * atMost);
      world.network.faults.arm(...namesOf(world, planned), fault, frames);
    },
  };
}

function namesOf(world: FaultWorld, fault: PlannedFault): [string, string] {
  return [targetOf(world, fault).name, otherOf(world, fault).name];
}

function without(world: FaultWorld, node: SimulatedNode): SimulatedNode[] {
  return world.nodes.filter((other) => other !== node);
}

function pairs(
  some: readonly SimulatedNode[],
  others: readonly SimulatedNode[],
): (readonly [SimulatedNode, SimulatedNode])[] {
  return some.flatMap((a) => others.map((b) => [a, b] as const));
}

function block(
  world: FaultWorld,
  fault: PlannedFault,
  between: readonly (readonly [SimulatedNode, SimulatedNode])[],
  which: 'there' | 'both',
  what: NetworkFault,
): void {
  const { conditions } = world.network;
  const bites = biting(world, what);
  const ways = between.flatMap(([a, b]): [string, string][] =>
    which === 'there'
      ? [[a.name, b.name]]
      : [
          [a.name, b.name],
          [b.name, a.name],
        ],
  );
  for (const [from, to] of ways) conditions.block(from, to, bites);
  afterwards(world, fault, () => {
    for (const [from, to] of ways) conditions.unblock(from, to, bites);
  });
}
