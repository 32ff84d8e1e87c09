import { codeOf } from './code.ts';
import { resolveImport, type Source } from './sources.ts';

/** One import, or export from elsewhere. */
export interface Import {
  readonly specifier: string;
  /** Vanishes at build time. */
  readonly typeOnly: boolean;
  /** Names as the imported file has them; null for all of them. */
  readonly names: readonly string[] | null;
}

const statement = /(?:^|[\n;])\s*(?:import|export)\s+(type\s+)?([^'"`;()=]*?)\s*from\s*(['"])/g;
const bare = /(?:^|[^.\w])import\s*\(?\s*(['"])/g;

/** What a file imports; snippets in comments and templates are not imports. */
export function importsOf(source: Source): Import[] {
  const code = codeOf(source);
  const specifierAfter = (end: number, quote: string): string =>
    source.text.slice(end, source.text.indexOf(quote, end));
  const named = [...code.matchAll(statement)].map((match): Import => {
    const specifier = specifierAfter(match.index + match[0].length, match[3] ?? '');
    return { specifier, typeOnly: match[1] !== undefined, names: namesOf(match[2] ?? '') };
  });
  const whole = [...code.matchAll(bare)].map((match): Import => {
    const specifier = specifierAfter(match.index + match[0].length, match[1] ?? '');
    return { specifier, typeOnly: false, names: null };
  });
  return [...named, ...whole];
}

/** `@hearsay/x`, `yjs`, `@scope/name`; undefined for a relative path. */
export function packageNameOf(specifier: string): string | undefined {
  if (/^[.#]|^node:/.test(specifier)) return undefined;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Import cycles among files that import one another by relative path, each as one line. */
export function findCycles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      cycles.push([...trail.slice(at), path].join(' → '));
      return;
    }
    const source = byPath.get(path);
    if (source === undefined || done.has(path)) return;
    for (const { specifier, typeOnly } of importsOf(source)) {
      if (!typeOnly && specifier.startsWith('.')) visit(resolveImport(path, specifier), [...trail, path]);
    }
    done.add(path);
  };
  for (const path of byPath.keys()) visit(path, []);
  return cycles;
}

function namesOf(clause: string): string[] | null {
  if (clause.includes('*')) return null;
  const [, before = '', inside = ''] = /^([^{]*)(?:\{([^}]*)\})?/.exec(clause) ?? [];
  const listed = inside.split(',').map(
    (name) =>
      name
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+as\s+/)[0] ?? '',
  );
  return [...(/\w/.test(before) ? ['default'] : []), ...listed.filter((name) => name !== '')];
}
