import { readFileSync } from 'node:fs';
import { HearsayError } from '../failures.ts';
import { AmbiguousJson, parseStrictJson } from '../runtime/strict-json.ts';
import { environmentName, optionNames, options } from './options.ts';

/** Settings as one source gave them: unchecked, by name. */
export type RawSettings = Readonly<Record<string, unknown>>;

// A service called "hearsay" makes Kubernetes set these in every pod beside it.
const serviceLink = /^HEARSAY_(SERVICE_|PORT_\d+_)/;

/** Takes the `HEARSAY_*` variables; an unknown one is refused, for it is a setting that does not take effect. */
export function environmentSettings(environment: Readonly<Record<string, string | undefined>>): RawSettings {
  const settings: Record<string, unknown> = {};
  const names = new Map(optionNames.map((name) => [environmentName(name), name]));
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('HEARSAY_') || variable === 'HEARSAY_CONFIG' || value === undefined) continue;
    if (serviceLink.test(variable) || (variable === 'HEARSAY_PORT' && value.startsWith('tcp://'))) continue;
    const name = names.get(variable);
    if (name === undefined) throw unknownSetting(variable, 'the environment', [...names.keys()]);
    settings[name] = options[name].list ? splitList(value) : value;
  }
  return settings;
}

/** Reads a JSON file of settings under their names in {@link options}. */
export function fileSettings(path: string): RawSettings {
  const parsed = parseJson(path, readText(path));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new HearsayError('CONFIG_INVALID', `${path} must hold one JSON object`);
  }
  for (const name of Object.keys(parsed)) {
    if (!Object.hasOwn(options, name)) throw unknownSetting(name, path, optionNames);
  }
  return parsed as RawSettings;
}

/** A secret's file without the line end that editors add. */
export function readSecretFile(path: string): string {
  return readText(path).replace(/\r?\n$/, '');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new HearsayError('CONFIG_UNREADABLE', `cannot read ${path} (${reason})`, { cause: error });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (error instanceof AmbiguousJson) throw new HearsayError('CONFIG_INVALID', `${path}: ${error.message}`);
    // The parser's own message quotes the text, which may hold the secret.
    throw new HearsayError('CONFIG_INVALID', `${path} is not valid JSON`);
  }
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function unknownSetting(name: string, where: string, known: readonly string[]): HearsayError {
  const near = known.find((candidate) => simplified(candidate) === simplified(name));
  const guess = near === undefined ? '' : `; did you mean ${near}?`;
  return new HearsayError('CONFIG_UNKNOWN', `unknown setting ${name} in ${where}${guess}`);
}

function simplified(name: string): string {
  return name.replace(/[^a-z]/gi, '').toLowerCase();
}
