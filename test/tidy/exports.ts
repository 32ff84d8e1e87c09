import { importsOf } from './imports.ts';
import { isTest, partOf, resolveImport, type Source } from './sources.ts';

const declaration = /^export (?:declare )?(?:async )?(?:abstract )?(?:const|let|function\*?|class) (\w+)/gm;

/**
 * Values exported by a file of a package that no other file imports from it: dead, or not worth exporting. What the entry
 * points of a package name counts as used. Types are left out: they name the parts of a signature, also where nobody else
 * has to.
 */
export function findDeadExports(sources: readonly Source[]): string[] {
  const used = new Map<string, Set<string> | 'all'>();
  for (const source of sources) {
    for (const { specifier, names } of importsOf(source)) {
      if (!specifier.startsWith('.')) continue;
      const path = resolveImport(source.path, specifier);
      const known = used.get(path) ?? new Set<string>();
      if (names === null || known === 'all') used.set(path, 'all');
      else used.set(path, new Set([...known, ...names]));
    }
  }
  return sources
    .filter(
      (source) =>
        partOf(source.path)?.startsWith('packages/') && !isTest(source) && !isEntry(source, sources),
    )
    .flatMap((source) => {
      const names = used.get(source.path) ?? new Set<string>();
      return [...source.text.matchAll(declaration)]
        .map((match) => match[1] ?? '')
        .filter((name) => names !== 'all' && !names.has(name))
        .map((name) => `${source.path} exports ${name}, which nothing else imports`);
    });
}

/** A file that the package's manifest offers to others. */
function isEntry({ path }: Source, sources: readonly Source[]): boolean {
  const part = partOf(path);
  const manifest = sources.find((source) => source.path === `${part}/package.json`);
  return manifest?.text.includes(`"./${path.slice((part?.length ?? 0) + 1)}"`) ?? false;
}
