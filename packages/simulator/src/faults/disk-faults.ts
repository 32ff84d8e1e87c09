import type { OperationFault } from '../disk/disk-faults.ts';
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
export type DiskFault =
  | 'slow'
  | 'hang'
  | 'full'
  | 'tornRecord'
  | 'writeError'
  | 'writeErrorApplied'
  | 'openError'
  | 'readError'
  | 'staleRead'
  | 'lyingSync'
  | 'bitRot'
  | 'lostRecord'
  | 'lostDatabase'
  | 'newDisk'
  | 'restoredBackup'
  | 'rawRestore';

/** What befalls disks. Each is counted where an operation suffers it, or where a process finds what is left. */
export const diskFaults: Readonly<Record<DiskFault, FaultDefinition>> = {
  slow: {
    what: 'every sync takes half a second, reads take long (F27)',
    durationMs: [2000, 20_000],
    inject(world, fault) {
      const { faults } = targetOf(world, fault).disk;
      const { syncMs, readMs } = faults;
      faults.syncMs = 500;
      faults.readMs = Math.floor(fault.amount * 20);
      afterwards(world, fault, () => {
        faults.syncMs = syncMs;
        faults.readMs = readMs;
      });
    },
  },
  hang: {
    what: 'no operation ends for a while (F28)',
    durationMs: [1000, 60_000],
    inject(world, fault) {
      const { disk } = targetOf(world, fault);
      disk.faults.hanging = true;
      afterwards(world, fault, () => disk.unhang());
    },
  },
  full: {
    what: 'no space is left, and comes back (F22)',
    durationMs: [1000, 30_000],
    inject(world, fault) {
      const { faults } = targetOf(world, fault).disk;
      faults.full = true;
      afterwards(world, fault, () => {
        faults.full = false;
      });
    },
  },
  tornRecord: operationFault('tornRecord', 'no space is left inside a record (F23)'),
  writeError: operationFault('writeError', 'a write fails and has not happened (F24)'),
  writeErrorApplied: operationFault('writeErrorApplied', 'a write fails and has happened (F24)'),
  openError: {
    what: 'the process is killed, and its database cannot be opened at once (F29)',
    durationMs: [0, 0],
    inject(world, fault) {
      const node = targetOf(world, fault);
      node.disk.faults.arm('openError');
      void node.kill();
      restartSoon(world, node);
    },
  },
  readError: {
    what: 'a read fails (F18)',
    durationMs: [0, 0],
    inject(world, fault) {
      const node = targetOf(world, fault);
      node.disk.faults.arm('readError');
      world.disaster(node);
    },
  },
  staleRead: {
    what: 'a read gives an old value (F25)',
    durationMs: [0, 0],
    inject(world, fault) {
      const node = targetOf(world, fault);
      node.disk.faults.arm('staleRead');
      world.disaster(node);
    },
  },
  lyingSync: {
    what: 'syncs lie, and then the power is lost (F30)',
    durationMs: [500, 20_000],
    inject(world, fault) {
      const node = targetOf(world, fault);
      node.disk.faults.lying = true;
      afterwards(world, fault, () => {
        node.disk.faults.lying = false;
        world.disaster(node);
        void node.losePower();
        restartSoon(world, node);
      });
    },
  },
  bitRot: {
    what: 'a bit of a stored record turns (F18)',
    durationMs: [0, 0],
    inject(world, fault) {
      const node = targetOf(world, fault);
      world.disaster(node);
      void node.disk.flipBit(biting(world, 'bitRot'));
      restartSometimes(world, fault, node);
    },
  },
  lostRecord: {
    what: 'a stored record is gone (F16)',
    durationMs: [0, 0],
    inject(world, fault) {
      const node = targetOf(world, fault);
      world.disaster(node);
      void node.disk.loseRecord(biting(world, 'lostRecord'));
      restartSometimes(world, fault, node);
    },
  },
  lostDatabase: {
    what: 'the database is empty, the sentinel is not (F20)',
    durationMs: [0, 0],
    inject(world, fault) {
      const node = targetOf(world, fault);
      world.disaster(node);
      void node.kill().then(() => node.disk.loseDatabase(biting(world, 'lostDatabase')));
      restartSoon(world, node);
    },
  },
  newDisk: {
    what: 'the machine comes back with an empty disk, as a new replica',
    durationMs: [0, 0],
    inject(world, fault) {
      const node = targetOf(world, fault);
      world.disaster(node);
      void node.kill().then(() => node.disk.wipe(biting(world, 'newDisk')));
      restartSoon(world, node);
    },
  },
  restoredBackup: {
    what: 'the disk is put back to what it was a while ago, as a new replica (F31)',
    durationMs: [500, 60_000],
    inject: (world, fault) => restore(world, fault, 'restoredBackup'),
  },
  rawRestore: {
    what: 'the disk is put back to what it was a while ago, identity and all (F31)',
    durationMs: [500, 60_000],
    inject: (world, fault) => restore(world, fault, 'rawRestore'),
  },
};

/** A machine comes back this long after its disk was seen to. */
const seenToMs = 500;

function operationFault(fault: OperationFault, what: string): FaultDefinition {
  return {
    what,
    durationMs: [0, 0],
    inject: (world, planned) => targetOf(world, planned).disk.faults.arm(fault),
  };
}

function restore(world: FaultWorld, fault: PlannedFault, kind: 'restoredBackup' | 'rawRestore'): void {
  const node = targetOf(world, fault);
  if (node.state !== 'running') return;
  void node.disk.image().then((image) => {
    afterwards(world, fault, () => {
      world.disaster(node);
      const sentinel = kind === 'rawRestore' ? image.sentinel : undefined;
      void node.kill().then(() => node.disk.restore({ ...image, sentinel }, biting(world, kind)));
      restartSoon(world, node);
    });
  });
}

/** Damage is found by reading, sooner or later; a restart reads everything that memory had. */
function restartSometimes(world: FaultWorld, fault: PlannedFault, node: SimulatedNode): void {
  if (fault.amount < 0.5) return;
  void node.kill();
  restartSoon(world, node);
}

function restartSoon(world: FaultWorld, node: SimulatedNode): void {
  world.time.after(seenToMs, () => {
    if (world.faulty) node.start();
  });
}
