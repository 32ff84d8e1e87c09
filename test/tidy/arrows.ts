import { codeOf } from './code.ts';
import { importsOf, packageNameOf } from './imports.ts';
import { isTest, partOf, resolveImport, type Source } from './sources.ts';

const everything = [
  'core',
  'document',
  'merkle',
  'storage',
  'gossip-sync',
  'client-protocol',
  'client',
  'simulator',
  'server',
];

/** Which of our packages the code of a part may import. Arrows point down only. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/core': [],
  'packages/document': ['core'],
  'packages/merkle': ['core'],
  'packages/storage': ['document', 'merkle', 'core'],
  'packages/gossip-sync': ['document', 'merkle', 'core'],
  'packages/client-protocol': ['document', 'core'],
  'packages/client': ['gossip-sync', 'storage', 'client-protocol', 'document', 'merkle', 'core'],
  'packages/simulator': ['gossip-sync', 'storage', 'document', 'merkle', 'core'],
  'apps/server': everything.filter((name) => name !== 'server'),
  'apps/console': ['core', 'client'],
  test: everything,
};

/** Packages that only some places may know, as path prefixes. */
const confined: Readonly<Record<string, readonly string[]>> = {
  yjs: [
    'packages/document/',
    'packages/client/',
    'test/',
    'examples/',
    'apps/console/',
    'apps/server/src/embedded/',
  ],
  ws: [
    'packages/gossip-sync/src/websocket/',
    'packages/client/src/provider/platform/',
    'packages/client/src/replica/platform/',
    'apps/server/',
    'test/',
    'examples/',
  ],
  '@hearsay/simulator': ['apps/server/src/cli/simulate/', 'test/'],
};

/** Folders whose code reads no clock, draws no randomness and touches no platform. */
const pure = [
  'packages/core/src/',
  'packages/document/src/',
  'packages/merkle/src/',
  'packages/client-protocol/src/',
  'packages/gossip-sync/src/engine/',
  'packages/gossip-sync/src/handshake/',
  'packages/gossip-sync/src/wire/',
];

const bannedGlobals =
  /(?<![.\w#'])(Date|performance|Math\.random|crypto|set(?:Timeout|Interval|Immediate)|queueMicrotask|process|console|Buffer|globalThis)(?![\w:?'])/g;

/** Imports of a package that stands above, or of another package by its path. */
export function checkArrows(source: Source): string[] {
  const own = partOf(source.path);
  if (own === undefined) return [];
  return importsOf(source).flatMap(({ specifier }) => {
    const target = /^@hearsay\/([^/]+)/.exec(specifier)?.[1];
    if (specifier.startsWith('.') && partOf(resolveImport(source.path, specifier)) !== own) {
      return [`${source.path} leaves its package by a path: ${specifier}`];
    }
    if (target === undefined || isTest(source) || own.endsWith(`/${target}`)) return [];
    return mayImport[own]?.includes(target) ? [] : [`${source.path} imports ${specifier}`];
  });
}

export function checkConfined(source: Source): string[] {
  return importsOf(source).flatMap(({ specifier }) => {
    const places = confined[packageNameOf(specifier) ?? ''];
    if (places === undefined || isTest(source)) return [];
    if (places.some((place) => source.path.startsWith(place))) return [];
    return [`${source.path} imports ${specifier}`];
  });
}

/** `platform/` holds what a package does by one platform's means, beside a way without. */
export function checkPure(source: Source): string[] {
  if (isTest(source) || source.path.includes('/platform/')) return [];
  if (!pure.some((folder) => source.path.startsWith(folder))) return [];
  const globals = [...codeOf(source).matchAll(bannedGlobals)].map((match) => match[1] ?? '');
  const platform = importsOf(source).filter(({ specifier }) => specifier.startsWith('node:'));
  return [
    ...[...new Set(globals)].map((global) => `${source.path} uses ${global}`),
    ...platform.map(({ specifier }) => `${source.path} imports ${specifier}`),
  ];
}
