import { importsOf, isTest, type Source } from './sources.ts';

/** Which of our packages a package may import. Arrows point down only. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  document: ['core'],
  merkle: ['core'],
  storage: ['document', 'merkle', 'core'],
  'gossip-sync': ['document', 'merkle', 'core'],
  'client-protocol': ['document', 'core'],
  client: ['gossip-sync', 'storage', 'client-protocol', 'document', 'merkle', 'core'],
  simulator: ['gossip-sync', 'storage', 'document', 'merkle', 'core'],
};

/** Libraries that only some places may know, as path prefixes. */
const confined: Readonly<Record<string, readonly string[]>> = {
  yjs: [
    'packages/document/',
    'packages/client/',
    'test/',
    'examples/',
    'apps/console/',
    'apps/server/src/embedded/',
  ],
  ws: ['packages/gossip-sync/src/websocket/', 'apps/server/', 'test/', 'examples/'],
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
  /(?<![.\w#'])(Date|performance|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|process|console|Buffer)(?![\w:?'])/;

export function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

export function checkArrows(source: Source): string[] {
  const own = packageOf(source.path);
  return importsOf(source).flatMap((specifier) => {
    const target = /^@hearsay\/([^/]+)/.exec(specifier)?.[1];
    if (specifier.startsWith('.') && own !== undefined && leaves(source.path, specifier)) {
      return [`${source.path} leaves its package by a path: ${specifier}`];
    }
    if (target === undefined || own === undefined || target === own || isTest(source)) return [];
    return mayImport[own]?.includes(target) ? [] : [`${source.path} imports ${specifier}`];
  });
}

export function checkConfined(source: Source): string[] {
  return importsOf(source).flatMap((specifier) => {
    const places = confined[specifier.split('/')[0] ?? ''];
    if (places === undefined || isTest(source)) return [];
    if (places.some((place) => source.path.startsWith(place))) return [];
    return [`${source.path} imports ${specifier}`];
  });
}

export function checkPure(source: Source, code: string): string[] {
  if (isTest(source) || source.path.includes('/platform/')) return [];
  if (!pure.some((folder) => source.path.startsWith(folder))) return [];
  const found: string[] = [];
  const global = bannedGlobals.exec(code)?.[1];
  if (global !== undefined) found.push(`${source.path} uses ${global}`);
  for (const specifier of importsOf(source)) {
    if (specifier.startsWith('node:')) found.push(`${source.path} imports ${specifier}`);
  }
  return found;
}

function leaves(path: string, specifier: string): boolean {
  const folder = new URL(path, 'file:///');
  return packageOf(new URL(specifier, folder).pathname.slice(1)) !== packageOf(path);
}
