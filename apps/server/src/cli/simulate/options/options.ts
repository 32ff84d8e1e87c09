import { type Command, Option } from 'commander';
import { HearsayError } from '../../../failures.ts';
import type { Given, Mode } from '../settings.ts';
import { faultOptions } from './fault-options.ts';
import { networkOptions } from './network-options.ts';
import type { OptionTable } from './option.ts';
import { runOptions } from './run-options.ts';
import { strategyOptions } from './strategy-options.ts';
import { whatOptions } from './what-options.ts';
import { workloadOptions } from './workload-options.ts';

/** Declares one flag for every option, grouped as people look for them. */
export function addSimulateOptions(command: Command): Command {
  for (const [heading, group] of Object.entries(groups)) {
    for (const { flag, describe, preset, parse, isRepeated } of Object.values<OptionTable[keyof OptionTable]>(
      group,
    )) {
      const declared = new Option(flag, preset === '' ? describe : `${describe} (default: ${preset})`);
      declared.helpGroup(`${heading}:`);
      if (parse !== null && isRepeated) {
        declared.argParser((text: string, before: unknown[] | undefined) => [...(before ?? []), parse(text)]);
      } else if (parse !== null) declared.argParser((text) => parse(text));
      command.addOption(declared);
    }
  }
  return command;
}

/** What kind of simulation is asked for; a failure when the options do not belong together. */
export function modeOf(given: Given): Mode {
  const named = (['table', 'epidemic', 'broadcast', 'detection'] as const).filter(
    (name) => given[name] !== undefined,
  );
  if (named.length > 1) {
    throw new HearsayError('USAGE', `${named.map((name) => `--${name}`).join(' and ')} exclude each other`);
  }
  const mode = named[0] ?? 'nodes';
  for (const [name, { flag, modes }] of Object.entries(table)) {
    if (!Object.hasOwn(given, name) || modes.includes(mode)) continue;
    const where = modes.map((each) => (each === 'nodes' ? 'whole nodes' : `--${each}`)).join(' and ');
    const here = mode === 'nodes' ? 'whole nodes' : `--${mode}`;
    throw new HearsayError('USAGE', `${flag.split(' ')[0]} is for ${where}, not for ${here}`);
  }
  return mode;
}

const groups = {
  'What is simulated (without any of these: a cluster of whole nodes)': whatOptions,
  Network: networkOptions,
  'How updates spread': strategyOptions,
  Workload: workloadOptions,
  'Faults (from the first update on)': faultOptions,
  'Runs and output': runOptions,
};

const table: OptionTable = {
  ...whatOptions,
  ...networkOptions,
  ...strategyOptions,
  ...workloadOptions,
  ...faultOptions,
  ...runOptions,
};
