import type { SimulatedNode } from '../node/simulated-node.ts';
import {
  afterwards,
  biting,
  type FaultDefinition,
  type FaultWorld,
  type PlannedFault,
  targetOf,
} from './fault-world.ts';

/** Kinds of fault of this file. */
export type ProcessFault =
  | 'kill'
  | 'killInRecovery'
  | 'powerLoss'
  | 'stop'
  | 'pause'
  | 'storm'
  | 'clockBack'
  | 'clockForward';

/** What befalls processes and their machines. Every process that ends is started again when the fault is over. */
export const processFaults: Readonly<Record<ProcessFault, FaultDefinition>> = {
  kill: {
    what: 'kill -9 and a restart (F01)',
    durationMs: [10, 15_000],
    inject(world, fault) {
      void kill(world, targetOf(world, fault), 'kill');
      restartAfter(world, fault);
    },
  },
  killInRecovery: {
    what: 'kill -9, and again while it starts, three times (F03)',
    durationMs: [500, 5000],
    inject(world, fault, random) {
      const node = targetOf(world, fault);
      void kill(world, node, 'kill');
      let atMs = 0;
      for (let i = 0; i < 3; i++) {
        atMs += 1 + random.below(100);
        world.time.after(atMs, () => {
          if (world.faulty) node.start();
        });
        atMs += 1 + random.below(12);
        world.time.after(atMs, () => {
          if (world.faulty && node.state === 'starting') void kill(world, node, 'killInRecovery');
        });
      }
      restartAfter(world, fault);
    },
  },
  powerLoss: {
    what: 'the machine loses power: unsynced writes may be gone, and nobody is told (F12)',
    durationMs: [1000, 20_000],
    inject(world, fault) {
      const node = targetOf(world, fault);
      // What a lying disk calls synced goes with the power.
      if (node.disk.faults.lying) world.disaster(node);
      void node.losePower().then((hadProcess) => {
        if (hadProcess) world.fired('powerLoss');
      });
      restartAfter(world, fault);
    },
  },
  stop: {
    what: 'SIGTERM under load, and a restart (F04)',
    durationMs: [10, 10_000],
    inject(world, fault) {
      const node = targetOf(world, fault);
      void node.stop().then((byItself) => {
        if (byItself) world.fired('stop');
      });
      restartAfter(world, fault);
    },
  },
  pause: {
    what: 'SIGSTOP, later SIGCONT (F05)',
    durationMs: [500, 60_000],
    inject(world, fault) {
      const node = targetOf(world, fault);
      node.pause(biting(world, 'pause'));
      afterwards(world, fault, () => node.resume());
    },
  },
  storm: {
    what: 'half of the machines restart at once (F56)',
    durationMs: [500, 5000],
    inject(world, fault, random) {
      const some = random.shuffled(world.nodes).slice(0, Math.ceil(world.nodes.length / 2));
      for (const node of some) {
        void kill(world, node, 'storm');
        afterwards(world, { ...fault, durationMs: 1 + random.below(fault.durationMs) }, () => node.start());
      }
    },
  },
  clockBack: {
    what: 'the wall clock falls back by an hour, and is put right later (F61)',
    durationMs: [1000, 20_000],
    inject: (world, fault) => jump(world, fault, 'clockBack', -3_600_000),
  },
  clockForward: {
    what: 'the wall clock runs ahead by a day, and is put right later (F62)',
    durationMs: [1000, 20_000],
    inject: (world, fault) => jump(world, fault, 'clockForward', 86_400_000),
  },
};

async function kill(world: FaultWorld, node: SimulatedNode, what: string): Promise<void> {
  if (await node.kill()) world.fired(what);
}

function restartAfter(world: FaultWorld, fault: PlannedFault): void {
  const node = targetOf(world, fault);
  afterwards(world, fault, () => node.start());
}

function jump(world: FaultWorld, fault: PlannedFault, what: string, byMs: number): void {
  const putRight = targetOf(world, fault).wall.jump(byMs, biting(world, what));
  // Put right also when everything is healed: clocks are the one thing that heals by itself.
  world.time.after(fault.durationMs, putRight);
}
