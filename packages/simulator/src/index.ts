export {
  type CrashDetection,
  type CrashOptions,
  type DetectionOptions,
  type FalseAlarmOptions,
  type FalseAlarms,
  measureCrashDetection,
  measureFalseAlarms,
} from './detection/detection.ts';
export type { Slowness } from './detection/member-pump.ts';
export {
  type BroadcastMeasurement,
  type BroadcastOptions,
  type BroadcastStrategy,
  measureBroadcast,
} from './epidemic/broadcast.ts';
export {
  type EpidemicMoment,
  type EpidemicOptions,
  type EpidemicRun,
  runEpidemic,
  siteIds,
  type TrafficObserver,
} from './epidemic/cycle-world.ts';
export { type Estimate, Sample } from './epidemic/estimate.ts';
export { twoGridNetwork } from './map/grid-network.ts';
export type { Network } from './map/network.ts';
export { LinkTraffic } from './epidemic/link-traffic.ts';
export { fullMesh, type Overlay, randomOverlay } from './epidemic/overlay-graph.ts';
export { paperAntiEntropy, paperRumour } from './epidemic/paper.ts';
export { spatialPartners } from './epidemic/spatial-partners.ts';
export type { Expected, Figure, TableNumber } from './epidemic/table-rows.ts';
export {
  type EpidemicTable,
  runTable,
  type TableOptions,
  type TableProgress,
  type TableRow,
} from './epidemic/tables.ts';
export { uniformPartners } from './epidemic/uniform-partners.ts';
export { clusterExperiment } from './spread/cluster-experiment.ts';
export { type FaultKind, faultKinds } from './faults/fault-kinds.ts';
export { drawPlan } from './plan/draw-plan.ts';
export { describePlan, type PlannedEvent, type SimulationPlan } from './plan/plan.ts';
export { Coverage } from './run/coverage.ts';
export { type OnShrunk, shrinkPlan } from './run/shrink.ts';
export { runPlan, type SimulationOptions, type SimulationResult } from './run/simulation.ts';
