import { type DiskFault, diskFaults } from './disk-faults.ts';
import type { FaultDefinition } from './fault-world.ts';
import { type NetworkFault, networkFaults } from './network-faults.ts';
import { type ProcessFault, processFaults } from './process-faults.ts';

/** Every kind of fault there is; what has fired is counted under its name. */
export type FaultKind = NetworkFault | ProcessFault | DiskFault;

/** How each kind is done. */
export const faultDefinitions: Readonly<Record<FaultKind, FaultDefinition>> = {
  ...networkFaults,
  ...processFaults,
  ...diskFaults,
};

/** All of them, in a fixed order: seeds draw from this list. */
export const faultKinds: readonly FaultKind[] = (Object.keys(faultDefinitions) as FaultKind[]).sort();

/** Whether a fault takes away or falsifies what a disk had acknowledged. */
export function losesData(kind: FaultKind): boolean {
  return dataLosing.has(kind);
}

const dataLosing: ReadonlySet<FaultKind> = new Set([
  'readError',
  'staleRead',
  'lyingSync',
  'bitRot',
  'lostRecord',
  'lostDatabase',
  'newDisk',
  'restoredBackup',
  'rawRestore',
]);
