import { churn } from './churn.ts';
import { deletions } from './deletions.ts';
import { flood } from './flood.ts';
import { hour } from './hour.ts';
import { largeDocument } from './large-document.ts';
import { million } from './million.ts';
import { powerLoss } from './power-loss.ts';
import { starved } from './starved.ts';
import { storm } from './storm.ts';
import type { Trial } from './trial.ts';
import { versionSkew } from './version-skew.ts';

/** All there are, by name. */
export const trials: Readonly<Record<string, Trial>> = {
  churn,
  deletions,
  flood,
  hour,
  'large-document': largeDocument,
  million,
  'power-loss': powerLoss,
  starved,
  storm,
  'version-skew': versionSkew,
};
