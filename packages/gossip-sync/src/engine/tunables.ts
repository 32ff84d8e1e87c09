import { err, ok, type Result } from '@hearsay/core';
import { repairSettings } from './anti-entropy/config.ts';
import type { EngineOptions } from './config.ts';
import { contentsSettings } from './contents/config.ts';
import { documentsSettings } from './documents/config.ts';
import { mailSettings } from './mail/config.ts';
import { membershipSettings } from './membership/config.ts';
import { partnerSettings } from './partners/config.ts';
import { peersSettings } from './peers/config.ts';
import { presenceSettings } from './presence/config.ts';
import { rumourSettings } from './rumour/config.ts';
import type { Setting } from './settings.ts';
import { spreadingSettings } from './spreading/config.ts';
import { viewsSettings } from './views/config.ts';

type Part = Exclude<keyof EngineOptions, 'among' | 'region'>;

const { seeds: _, ...dialling } = peersSettings;

/** What may be set of every part; not what a node is told elsewhere, such as its seeds. */
const parts: { readonly [Name in Part]: Readonly<Record<string, Setting<unknown>>> } = {
  mail: { ...mailSettings },
  rumour: { ...rumourSettings },
  antiEntropy: { ...repairSettings },
  partners: { ...partnerSettings },
  membership: { ...membershipSettings },
  views: { ...viewsSettings },
  spreading: { ...spreadingSettings },
  documents: { ...documentsSettings },
  contents: { ...contentsSettings },
  presence: { ...presenceSettings },
  peers: dialling,
};

/** A setting of the engine under its full name, `rumour.k`. */
export interface Tunable {
  readonly name: string;
  readonly setting: Setting<unknown>;
}

/** All settings of the engine, by part. */
export const tunables: readonly Tunable[] = Object.entries(parts).flatMap(([part, settings]) =>
  Object.entries(settings).map(([name, setting]) => ({ name: `${part}.${name}`, setting })),
);

const byName = new Map(tunables.map(({ name, setting }) => [name, setting]));

/** Reads `rumour.k=4` and its like; the error says what is wrong with which, and what it takes. */
export function readTunables(assignments: readonly string[]): Result<EngineOptions, string> {
  const options: Record<string, Record<string, unknown>> = {};
  for (const assignment of assignments) {
    const [name = '', ...rest] = assignment.split('=');
    const setting = byName.get(name);
    if (setting === undefined) return err(unknownName(name));
    const value = read(rest.join('='), setting);
    if (value === undefined)
      return err(`${name} takes ${takes(setting)}, got ${JSON.stringify(rest.join('='))}`);
    const [part = '', field = ''] = name.split('.');
    options[part] = { ...options[part], [field]: value };
  }
  // Every name and every value has been checked against the table of its part.
  return ok(options as EngineOptions);
}

/** What a setting may be, in words. */
export function takes(setting: Setting<unknown>): string {
  const { default: preset, values, isNullable, unit } = setting;
  const orNull = isNullable ? ', or null' : '';
  if (values !== undefined) return values.join(', ') + orNull;
  if (typeof preset === 'boolean') return 'true or false';
  const most = isShare(setting) ? ' to 1' : '';
  return `a number from ${least(setting)}${most} (${unit.replace(/, null.*/, '')})${orNull}`;
}

/** Undefined for what the setting does not take. */
function read(text: string, setting: Setting<unknown>): unknown {
  const { default: preset, values, isNullable } = setting;
  if (text === 'null') return isNullable ? null : undefined;
  if (values !== undefined) return values.includes(text) ? text : undefined;
  if (typeof preset === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text)) return undefined;
  const value = Number(text);
  if (value < least(setting) || (isShare(setting) && value > 1)) return undefined;
  const isWhole = preset === null || Number.isInteger(preset);
  return isWhole && !Number.isInteger(value) ? undefined : value;
}

function least({ default: preset, min }: Setting<unknown>): number {
  return min ?? (typeof preset === 'number' && preset >= 1 && Number.isInteger(preset) ? 1 : 0);
}

function isShare({ unit }: Setting<unknown>): boolean {
  return unit.startsWith('share');
}

function unknownName(name: string): string {
  const field = name.split('.').at(-1)?.toLowerCase();
  const near = tunables.filter((tunable) => tunable.name.split('.')[1]?.toLowerCase() === field);
  const guess =
    near.length === 0 ? '' : `; did you mean ${near.map((tunable) => tunable.name).join(' or ')}?`;
  return `there is no setting ${name}${guess}`;
}
