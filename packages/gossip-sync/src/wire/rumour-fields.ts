import { limits } from '@hearsay/core';
import type { RumourId, RumourMark, RumourOutcome } from '../engine/rumour/messages.ts';
import { boolean, type Field, hex, list, nullable, record, uint } from './field.ts';

const rumourId: Field<RumourId> = hex<RumourId>(16);

export const rumourIds: Field<readonly RumourId[]> = list(rumourId, limits.documentsPerMessage);

export const rumourMarks: Field<readonly RumourMark[]> = list(
  record<RumourMark>({ id: rumourId, sizeBytes: uint(), count: uint() }),
  limits.documentsPerMessage,
);

export const rumourOutcomes: Field<readonly RumourOutcome[]> = list(
  record<RumourOutcome>({ id: rumourId, known: boolean, count: nullable(uint()) }),
  2 * limits.documentsPerMessage,
);
