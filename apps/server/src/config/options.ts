import { limits } from '@hearsay/core';
import { readTunables } from '@hearsay/gossip-sync';
import { z } from 'zod';
import type { Config } from './config.ts';

/** How one setting is read, checked, documented and kept. Flags, environment, file and help all follow from it. */
export interface Option<Value> {
  /** Checks a value and turns it into what {@link Config} holds; carries the default. */
  readonly schema: z.ZodType<Value>;
  /** What the help calls the value; none for switches. */
  readonly placeholder: string | undefined;
  readonly describe: string;
  readonly group: OptionGroup;
  /** May be given more than once; in the environment separated by commas. */
  readonly list: boolean;
  /** Never printed, never logged. */
  readonly secret: boolean;
}

export type OptionGroup = 'Node' | 'Cluster' | 'Access' | 'Limits' | 'Log';

const day = 86_400_000;

/** Every setting of a node: the only place where one is declared. */
export const options: { readonly [Key in keyof Config]: Option<Config[Key]> } = {
  port: number('Node', '<number>', 'TCP port; 0 picks a free one', 0, 65_535, 1234),
  healthPort: text(
    'Node',
    '<number>',
    'TCP port of its own for /healthz, /readyz and /metrics, in plain HTTP; 0 picks a free one (default: none)',
    wholeNumber(0, 65_535).optional(),
  ),
  host: text('Node', '<address>', 'address to listen on', z.string().min(1).default('127.0.0.1')),
  tlsCert: text(
    'Node',
    '<path>',
    'certificate chain (PEM): the port speaks TLS alone, https and wss; read again when it changes',
    optionalText(),
  ),
  tlsKey: text('Node', '<path>', 'private key of the certificate (PEM)', optionalText()),
  data: text('Node', '<directory>', 'where the store lives', z.string().min(1).default('./data')),
  durability: text(
    'Node',
    '<mode>',
    'synced: shown and acknowledged once on disk; buffered: faster, a power cut may lose the last moments',
    z.enum(['synced', 'buffered']).default('synced'),
  ),
  scrubRate: number(
    'Node',
    '<number>',
    'documents a second read in the background in search of damage; 0 for none',
    0,
    10_000,
    50,
  ),
  undeleteWindow: number(
    'Node',
    '<ms>',
    'milliseconds that a deleted document can be brought back; then it is erased from the files; 0: at once',
    0,
    31_536_000_000,
    86_400_000,
  ),
  certificateTime: number(
    'Node',
    '<ms>',
    'milliseconds that every node remembers a deletion; a node that was away for longer has to be rebuilt; the same on all nodes',
    1000,
    31_536_000_000,
    30 * day,
  ),
  certificateRest: number(
    'Node',
    '<ms>',
    'milliseconds after which a deletion is forgotten; before, some nodes still know old copies by it',
    1000,
    315_360_000_000,
    180 * day,
  ),
  certificateHolders: number('Node', '<number>', 'nodes that know of a deletion for as long', 0, 100, 3),
  acceptAbsence: {
    schema: switchedOn(),
    placeholder: undefined,
    describe: 'start with a store that was away for longer than deletions are remembered',
    group: 'Node',
    list: false,
    secret: false,
  },
  acceptLoss: {
    schema: switchedOn(),
    placeholder: undefined,
    describe: 'start with a store that lost the last of what it held, as a new replica with what is left',
    group: 'Node',
    list: false,
    secret: false,
  },
  stopTimeout: number('Node', '<ms>', 'milliseconds a graceful stop may take', 100, 600_000, 10_000),

  cluster: text(
    'Cluster',
    '<name>',
    'name of the cluster',
    z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'takes 1 to 64 letters, digits, dots, dashes and underscores')
      .default('hearsay'),
  ),
  join: list('Cluster', '<url>', 'node to meet first; may be repeated', peerUrl()),
  secret: {
    ...text('Cluster', '<text>', 'cluster secret; better in a file or the environment', optionalText()),
    secret: true,
  },
  secretFile: text(
    'Cluster',
    '<path>',
    'file that holds the cluster secret; while it is changed, one a line: the first proves, all are taken',
    optionalText(),
  ),
  advertise: text(
    'Cluster',
    '<url>',
    'where peers reach this node (default: from host and port)',
    peerUrl().optional(),
  ),
  peerCa: text(
    'Cluster',
    '<path>',
    'authorities (PEM) that have signed the certificates of all nodes: peers prove themselves by certificate too',
    optionalText(),
  ),
  region: text('Cluster', '<name>', 'where this node stands', z.string().min(1).max(64).default('home')),
  repairInterval: number(
    'Cluster',
    '<ms>',
    'milliseconds between two repair exchanges',
    100,
    3_600_000,
    10_000,
  ),
  repairMode: text(
    'Cluster',
    '<mode>',
    'push, pull or push-pull',
    z.enum(['push', 'pull', 'push-pull']).default('push-pull'),
  ),
  gossip: list(
    'Cluster',
    '<name=value>',
    'setting of the gossip engine, such as rumour.k=4; `hearsay settings` lists them; may be repeated',
    tunable(),
  ),

  allowAnonymous: {
    ...text('Access', undefined, 'let anybody who reaches this node read and write', switchedOn()),
  },
  tokenSecret: {
    ...text(
      'Access',
      '<text>',
      'secret that tokens are signed with (HS256), at least 32 random bytes; better in a file',
      optionalText(),
    ),
    secret: true,
  },
  tokenSecretFile: text('Access', '<path>', 'file that holds it', optionalText()),
  tokenKeys: text(
    'Access',
    '<path|url>',
    'JSON Web Key Set that tokens are checked with (EdDSA), as a file or an https address',
    optionalText(),
  ),
  tokenIssuer: text('Access', '<name>', 'issuer (iss) that tokens must have', optionalText()),
  tokenAudience: text('Access', '<name>', 'audience (aud) that tokens must have', optionalText()),
  tokenMaxAge: number('Access', '<s>', 'seconds for which a token may be valid', 60, 31_536_000, 86_400),
  tokenInUrl: {
    ...text('Access', undefined, 'take tokens from ?token= of sockets too, which proxies log', switchedOn()),
  },
  allowOrigin: list(
    'Access',
    '<origin>',
    "browser origin that may connect, beside the node's own; * for all; may be repeated",
    z
      .string()
      .regex(/^(\*|[a-z][a-z0-9+.-]*:\/\/[^/\s]+)$/, 'takes an origin such as https://app.example, or *'),
  ),
  allowHost: list(
    'Access',
    '<name>',
    'Host header that is served (default: loopback names on loopback, else all); * for all',
    z.string().regex(/^(\*|[^/\s]+)$/, 'takes a host name without scheme or path, or *'),
  ),
  trustProxy: list(
    'Access',
    '<address>',
    'proxy whose X-Forwarded-For is believed, as address or CIDR range',
    z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], { error: 'takes an IP address or a CIDR range' }),
  ),

  maxConnections: number('Limits', '<number>', 'open connections in all', 1, 1_000_000, 10_000),
  maxConnectionsPerIp: number(
    'Limits',
    '<number>',
    'open connections of one address; loopback is exempt',
    1,
    1_000_000,
    50,
  ),
  arrivalWait: number(
    'Limits',
    '<ms>',
    'milliseconds that a client waits to be let in when many come at once, before it is told to come back later',
    100,
    60_000,
    5000,
  ),
  maxConnectionsPerUser: number(
    'Limits',
    '<number>',
    'sockets that one user (sub of the token) is logged in on',
    1,
    1_000_000,
    200,
  ),
  maxNewDocuments: number(
    'Limits',
    '<number>',
    'new documents of one address, and of one user, per minute; loopback is exempt; 0: any number',
    0,
    1_000_000,
    600,
  ),
  maxCollectionDocuments: number(
    'Limits',
    '<number>',
    'documents of a collection above which clients begin none, those remembered as deleted too; 0: any number',
    0,
    1_000_000_000,
    0,
  ),
  maxDocumentBytes: number(
    'Limits',
    '<bytes>',
    'size of a stored document above which clients add nothing to it, though they may delete; 0: any',
    0,
    1_000_000_000_000,
    limits.documentBytes,
  ),
  maxMessageBytes: number(
    'Limits',
    '<bytes>',
    'size of one client message',
    1024,
    limits.clientMessageBytes,
    limits.clientMessageBytes,
  ),

  logLevel: text(
    'Log',
    '<level>',
    'silent, fatal, error, warn, info, debug or trace',
    z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  ),
  logFormat: text(
    'Log',
    '<format>',
    'json, pretty, or auto: pretty on a terminal',
    z.enum(['auto', 'json', 'pretty']).default('auto'),
  ),
};

/** The settings' names, in the order of the table. */
export const optionNames: readonly (keyof Config)[] = Object.keys(options) as (keyof Config)[];

/** `maxMessageBytes` → `--max-message-bytes`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `maxMessageBytes` → `HEARSAY_MAX_MESSAGE_BYTES`. */
export function environmentName(name: string): string {
  return `HEARSAY_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function text<Value>(
  group: OptionGroup,
  placeholder: string | undefined,
  describe: string,
  schema: z.ZodType<Value>,
): Option<Value> {
  return { schema, placeholder, describe, group, list: false, secret: false };
}

function number(
  group: OptionGroup,
  placeholder: string,
  describe: string,
  min: number,
  max: number,
  preset: number,
): Option<number> {
  return text(group, placeholder, describe, wholeNumber(min, max).default(preset));
}

function wholeNumber(min: number, max: number): z.ZodType<number> {
  const range = `takes a whole number from ${min} to ${max}`;
  return z.preprocess(numeral, z.number({ error: range }).int(range).min(min, range).max(max, range));
}

function list(
  group: OptionGroup,
  placeholder: string,
  describe: string,
  item: z.ZodType<string>,
): Option<readonly string[]> {
  return { ...text(group, placeholder, describe, z.array(item).default([])), list: true };
}

function optionalText(): z.ZodType<string | undefined> {
  return z.string().min(1).optional();
}

function switchedOn(): z.ZodType<boolean> {
  const words = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ]);
  return z
    .preprocess(
      (raw) => (typeof raw === 'string' ? (words.get(raw) ?? raw) : raw),
      z.boolean({ error: 'takes true or false' }),
    )
    .default(false);
}

function tunable(): z.ZodType<string> {
  return z.string().superRefine((assignment, context) => {
    const read = readTunables([assignment]);
    if (!read.ok) context.addIssue(read.error);
  });
}

function peerUrl(): z.ZodType<string> {
  return z.string().transform((raw, context) => {
    const url = URL.canParse(raw) ? new URL(raw) : undefined;
    if (url === undefined || !/^wss?:$/.test(url.protocol) || url.username || url.search || url.hash) {
      context.addIssue('takes a WebSocket address such as ws://10.0.0.2:1234');
      return z.NEVER;
    }
    // One node, one spelling: the peer path is implied.
    if (url.pathname === '/') url.pathname = '/peer';
    return url.href;
  });
}

/** Only decimal numerals: `Number` alone would take '' and ' ' for 0. */
function numeral(raw: unknown): unknown {
  return typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : raw;
}
