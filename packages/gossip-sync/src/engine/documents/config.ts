import { limits } from '@hearsay/core';
import { defaultsOf, type Settings } from '../settings.ts';

/** The exchange of single documents (rung 3); see {@link documentsSettings}. */
export interface DocumentsConfig {
  readonly batchDocuments: number;
  readonly batchBytes: number;
  readonly batchesPerPeer: number;
  readonly timeoutMs: number;
  readonly maxQueued: number;
  readonly maxServed: number;
  readonly maxRounds: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const documentsSettings: Settings<DocumentsConfig> = {
  batchDocuments: {
    default: 64,
    unit: 'documents',
    formula: 'described in one message',
    tradeOff: 'larger: fewer round trips, longer turns of the store',
    origin: 'guess; a description of a small document takes about 100 bytes',
  },
  batchBytes: {
    default: 262_144,
    unit: 'bytes of changes in one answer',
    formula: 'what does not fit is asked for again; one piece always fits',
    tradeOff: 'larger: fewer round trips, live mail waits longer behind repair on a thin link',
    origin: 'as for mail: 8 s at 256 kbit/s',
  },
  batchesPerPeer: {
    default: 4,
    unit: 'batches under way with one peer',
    formula: 'rate <= batches * batchBytes / round trip',
    tradeOff: 'larger: fills long fat links, more memory on both sides',
    origin: '10 MB/s at 100 ms',
  },
  timeoutMs: {
    default: 30_000,
    unit: 'milliseconds',
    formula: 'a batch without an answer for so long is given up; the next session asks again',
    tradeOff: 'shorter: a lost peer is noticed sooner, slow disks are taken for lost peers',
    origin: 'one batch at 256 kbit/s takes 8 s',
  },
  maxQueued: {
    default: 8192,
    unit: 'documents waiting for one peer',
    formula: 'what comes beyond is dropped and left to the next session',
    tradeOff: 'memory against mail that misses what it builds on, in floods',
    origin: 'guess: 16 pages of recent changes',
  },
  maxServed: {
    default: 16,
    unit: 'batches of one peer being answered',
    formula: 'a peer that asks for more at a time is flooding and loses its link',
    tradeOff: 'must be above the batches of any node',
    origin: 'four times batchesPerPeer',
  },
  maxRounds: {
    default: limits.peerMessageBytes / 262_144,
    unit: 'rounds for one document',
    formula: 'a document that is not equal after so many is left to the next session',
    tradeOff: 'larger: bigger documents in one session; smaller: less harm by a peer that never ends',
    origin: 'guess: each round that moves something resets it',
  },
};

export const defaultDocumentsConfig: DocumentsConfig = defaultsOf(documentsSettings);
