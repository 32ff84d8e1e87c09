export { type Admission, admitUpdate, versionOfUpdate } from './admit.ts';
export { type Compaction, compactUpdates, contentHash, hashCompacted } from './compact.ts';
export { countItems } from './count-items.ts';
export type { DeleteRange } from './delete-ranges.ts';
export type { DeletedClocks } from './deleted-clocks.ts';
export { updateForStateVector, updateSince } from './difference.ts';
export { documentJson } from './json.ts';
export { differenceOfLog, type LogDifference, type Piece } from './log-difference.ts';
export { MapDocument } from './map-document.ts';
export { MaterializeError } from './materialize.ts';
export { mergeUpdates } from './merge.ts';
export {
  compareSketch,
  type SketchComparison,
  type SketchWeight,
  sketchVersion,
  weighSketch,
} from './sketch.ts';
export { splitUpdate, splitUpdateForClients } from './split.ts';
export type { UpdateError } from './strict-reader.ts';
export { emptyUpdate } from './update-writer.ts';
export {
  coversVersion,
  type DeleteSet,
  emptyVersion,
  equalVersions,
  mergeVersions,
  type StateVector,
  type Version,
} from './version.ts';
export {
  decodeStateVector,
  decodeVersion,
  encodeStateVector,
  encodeVersion,
  versionDigest,
} from './version-codec.ts';
