import { importsOf, type Source } from './sources.ts';

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
    for (const specifier of runtimeImports(source)) visit(resolve(path, specifier), [...trail, path]);
    done.add(path);
  };
  for (const path of byPath.keys()) visit(path, []);
  return cycles;
}

/** Types vanish at build time, so two files may share types both ways. */
function runtimeImports(source: Source): string[] {
  const text = source.text.replace(/(?:^|\n)\s*(?:import|export)\s+type\s[^;]*?from\s*['"][^'"]+['"]/g, '');
  return importsOf({ ...source, text }).filter((specifier) => specifier.startsWith('.'));
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, new URL(from, 'file:///')).pathname.slice(1);
}
