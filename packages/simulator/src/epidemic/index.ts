export { type EpidemicMoment, type EpidemicOptions, type EpidemicRun, runEpidemic } from './cycle-world.ts';
export type { Estimate } from './estimate.ts';
export { paperRumour } from './paper.ts';
export type { Figure, TableNumber } from './table-rows.ts';
export { type EpidemicTable, runTable, type TableProgress, type TableRow } from './tables.ts';
export { uniformPartners } from './uniform-partners.ts';
