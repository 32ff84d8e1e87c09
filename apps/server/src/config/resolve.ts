import { isIP } from 'node:net';
import { createSecretAuthenticator } from '@hearsay/gossip-sync/websocket';
import { HearsayError } from '../failures.ts';
import type { Config } from './config.ts';
import { environmentName, flagName, optionNames, options } from './options.ts';
import { secretsIn } from './secrets.ts';
import { environmentSettings, fileSettings, type RawSettings, readSecretFile } from './sources.ts';

export interface ConfigSources {
  readonly flags: RawSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of the settings file; undefined for none. */
  readonly file: string | undefined;
}

/** Flag before environment before file before default; then the checks between settings. Throws {@link HearsayError}. */
export function resolveConfig(sources: ConfigSources): Config {
  const environment = environmentSettings(sources.environment);
  const file = sources.file === undefined ? {} : fileSettings(sources.file);
  const settled: Record<string, unknown> = {};
  for (const name of optionNames) {
    const [raw, origin] = firstGiven([
      [sources.flags[name], flagName(name)],
      [environment[name], environmentName(name)],
      [file[name], `"${name}" in ${sources.file}`],
    ]);
    const parsed = options[name].schema.safeParse(raw);
    if (!parsed.success) {
      throw new HearsayError('CONFIG_INVALID', complaint(name, origin, raw, parsed.error.issues[0]?.message));
    }
    settled[name] = parsed.data;
  }
  // Every name of the table has passed its schema, whose output type is the field's.
  return crossCheck(settled as unknown as Config);
}

/** Whether an address only reaches this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function crossCheck(config: Config): Config {
  if (config.secret !== undefined && config.secretFile !== undefined) {
    throw new HearsayError('CONFIG_INVALID', '--secret and --secret-file exclude each other');
  }
  const secret = config.secretFile === undefined ? config.secret : readSecretFile(config.secretFile);
  if (secret === undefined && config.join.length > 0) {
    throw new HearsayError('SECRET_MISSING', 'joining a cluster takes its secret');
  }
  const authenticator = secret === undefined ? undefined : createSecretAuthenticator(...secretsIn(secret));
  if (authenticator?.ok === false) throw new HearsayError('SECRET_WEAK', authenticator.error.message);
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw new HearsayError('CONFIG_INVALID', '--tls-cert and --tls-key belong together');
  }
  if (config.peerCa !== undefined && config.tlsCert === undefined) {
    throw new HearsayError(
      'CONFIG_INVALID',
      '--peer-ca takes --tls-cert and --tls-key: this node has to prove itself too',
    );
  }
  if (config.undeleteWindow > config.certificateTime || config.certificateTime > config.certificateRest) {
    throw new HearsayError(
      'CONFIG_INVALID',
      '--undelete-window may not be longer than --certificate-time, nor that than --certificate-rest',
    );
  }
  const access = tokenSettings({ ...config, secret });
  if (!isLoopback(config.host) && !config.allowAnonymous && !access.hasTokens) {
    throw new HearsayError(
      'PUBLIC_WITHOUT_AUTH',
      `listening on ${config.host} would let strangers read and write every document`,
    );
  }
  return { ...config, secret, tokenSecret: access.tokenSecret };
}

function tokenSettings(config: Config): {
  readonly hasTokens: boolean;
  readonly tokenSecret: string | undefined;
} {
  const { tokenSecretFile, tokenKeys, allowAnonymous } = config;
  if ([config.tokenSecret, tokenSecretFile, tokenKeys].filter((given) => given !== undefined).length > 1) {
    throw new HearsayError(
      'CONFIG_INVALID',
      '--token-secret, --token-secret-file and --token-keys exclude each other',
    );
  }
  const tokenSecret = tokenSecretFile === undefined ? config.tokenSecret : readSecretFile(tokenSecretFile);
  const hasTokens = tokenSecret !== undefined || tokenKeys !== undefined;
  if (hasTokens && allowAnonymous) {
    throw new HearsayError(
      'CONFIG_INVALID',
      '--allow-anonymous would make tokens pointless; leave one of the two out',
    );
  }
  const strength = tokenSecret === undefined ? undefined : createSecretAuthenticator(tokenSecret);
  if (strength?.ok === false)
    throw new HearsayError('SECRET_WEAK', `--token-secret: ${strength.error.message}`);
  if (tokenSecret !== undefined && secretsIn(config.secret ?? '').includes(tokenSecret)) {
    throw new HearsayError(
      'SECRET_WEAK',
      '--token-secret must not be the cluster secret: whoever mints tokens would be a peer',
    );
  }
  return { hasTokens, tokenSecret };
}

function firstGiven(candidates: readonly (readonly [unknown, string])[]): readonly [unknown, string] {
  return candidates.find(([raw]) => raw !== undefined) ?? [undefined, 'default'];
}

function complaint(name: keyof Config, origin: string, raw: unknown, message: string | undefined): string {
  const shown = options[name].secret ? '' : `, got ${JSON.stringify(raw)}`;
  return `${origin}: ${message ?? 'is not valid'}${shown}`;
}
