export {
  type LargeClusterOptions,
  type LargeClusterPhase,
  type LargeClusterPhaseName,
  type LargeClusterProgress,
  runLargeCluster,
} from './cluster/large-cluster.ts';
export {
  type DetectionReport,
  type DetectionRow,
  detectionExperiment,
} from './detection/detection-experiment.ts';
export type { BroadcastStrategy } from './epidemic/broadcast.ts';
export {
  type BroadcastReport,
  type BroadcastRow,
  type BroadcastRowPlan,
  broadcastExperiment,
} from './epidemic/broadcast-experiment.ts';
export { type EpidemicMoment, type EpidemicRun, runEpidemic } from './epidemic/cycle-world.ts';
export { type EpidemicPlan, epidemicExperiment } from './epidemic/epidemic-experiment.ts';
export type { Estimate } from './epidemic/estimate.ts';
export { fullMesh, randomOverlay } from './epidemic/overlay-graph.ts';
export { paperAntiEntropy, paperRumour } from './epidemic/paper.ts';
export type { Figure, TableNumber } from './epidemic/table-rows.ts';
export { type EpidemicTable, type TableRow, tableExperiment } from './epidemic/tables.ts';
export { uniformPartners } from './epidemic/uniform-partners.ts';
export type { Experiment, Progress } from './experiment.ts';
export { type FaultKind, faultKinds } from './faults/fault-kinds.ts';
export {
  type ClusterMap,
  clusterMap,
  type DrawnLink,
  type DrawnNode,
  type MapPlan,
  type MapShape,
} from './map/cluster-map.ts';
export type { Region } from './map/region-network.ts';
export { drawPlan } from './plan/draw-plan.ts';
export { describePlan, type PlannedEvent, type PlanSize, type SimulationPlan } from './plan/plan.ts';
export { Coverage, damageSigns } from './run/coverage.ts';
export { type OnShrunk, shrinkPlan } from './run/shrink.ts';
export { runPlan, type SimulationOptions, type SimulationResult } from './run/simulation.ts';
export { type ClusterExperimentOptions, clusterExperiment } from './spread/cluster-experiment.ts';
export { unknownNames } from './spread/fault-schedule.ts';
export type { SpreadFigure, SpreadMoment, SpreadReport, SpreadRow } from './spread/report.ts';
export {
  type Faults,
  noFaults,
  type PlannedCrash,
  type PlannedPartition,
  type Scenario,
  type Strategy,
  type Workload,
} from './spread/scenario.ts';
