import { expect, test } from 'vitest';
import { repairSettings } from './anti-entropy/config.ts';
import { documentsSettings } from './documents/config.ts';
import { mailSettings } from './mail/config.ts';
import { peersSettings } from './peers/config.ts';
import { presenceSettings } from './presence/config.ts';
import type { Setting } from './settings.ts';
import { spreadingSettings } from './spreading/config.ts';

const tables = {
  repairSettings,
  documentsSettings,
  mailSettings,
  peersSettings,
  presenceSettings,
  spreadingSettings,
};

test.each(Object.entries(tables))(
  'G38: every one of %s states its unit, formula, trade-off and origin',
  (_, table) => {
    for (const setting of Object.values<Setting<unknown>>(table)) {
      for (const text of [setting.unit, setting.formula, setting.tradeOff, setting.origin])
        expect(text).not.toBe('');
    }
  },
);
