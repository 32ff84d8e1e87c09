import { type Command, Option } from 'commander';
import type { Config } from './config.ts';
import { environmentName, flagName, optionNames, options } from './options.ts';
import type { RawSettings } from './sources.ts';

/** Declares one flag for every setting, or for some, with its default and environment name in the help. */
export function addConfigFlags(command: Command, names: readonly (keyof Config)[] = optionNames): Command {
  for (const name of names) {
    const { placeholder, describe, group, list } = options[name];
    const flag = new Option(placeholder === undefined ? flagName(name) : `${flagName(name)} ${placeholder}`);
    flag.description = `${describe}${presetNote(name)} [${environmentName(name)}]`;
    flag.helpGroup(`${group}:`);
    // Repeats add up; the table's schema checks, so nothing is parsed here.
    if (list) flag.argParser((item: string, before: string[] | undefined) => [...(before ?? []), item]);
    command.addOption(flag);
  }
  if (names !== optionNames) return command;
  return command.option(
    '--config <path>',
    'JSON file of these settings under their names, such as {"port": 1234}',
  );
}

/** What the flags gave, by setting name. */
export function flagSettings(given: Readonly<Record<string, unknown>>): RawSettings {
  const settings: Record<string, unknown> = {};
  for (const name of optionNames) if (given[name] !== undefined) settings[name] = given[name];
  return settings;
}

function presetNote(name: (typeof optionNames)[number]): string {
  const preset = options[name].schema.safeParse(undefined).data;
  if (preset === undefined || preset === false || (Array.isArray(preset) && preset.length === 0)) return '';
  return ` (default: ${String(preset)})`;
}
