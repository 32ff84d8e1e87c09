import type { Mode, Settings } from '../settings.ts';
import type { Parse } from '../values.ts';

/** How one setting is said, read, explained, and where it means anything. */
export interface SimulateOption<Value> {
  readonly flag: string;
  /** With its unit. */
  readonly describe: string;
  /** The default as the help tells it. */
  readonly preset: string;
  readonly modes: readonly Mode[];
  /** None for switches. */
  readonly parse: Parse<Value> | null;
  /** May be said several times; `parse` reads one of them. */
  readonly isRepeated: boolean;
}

/** Every setting has one. */
export type OptionTable = { readonly [Name in keyof Settings]: SimulateOption<Read<Name>> };

export const spreadModes: readonly Mode[] = ['nodes', 'epidemic'];
export const allModes: readonly Mode[] = ['nodes', 'epidemic', 'table', 'broadcast', 'detection'];

export function option<Value>(
  flag: string,
  describe: string,
  preset: string,
  modes: readonly Mode[],
  parse: Parse<Value> | null,
): SimulateOption<Value> {
  return { flag, describe, preset, modes, parse, isRepeated: false };
}

/** What is read of one setting at a time. */
type Read<Name extends keyof Settings> = Name extends 'partition' | 'crash'
  ? Settings[Name][number]
  : Settings[Name];
