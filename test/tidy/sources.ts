import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the repository, as the checks see it. */
export interface Source {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Every file git tracks, and new ones it does not ignore, that ends in one of `endings`. */
export function listSources(...endings: readonly string[]): Source[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--deduplicate'], {
    cwd: root,
  });
  return listed
    .toString('utf8')
    .split('\n')
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .flatMap((path) => {
      try {
        return [{ path, text: readFileSync(join(root, path), 'utf8') }];
      } catch {
        return []; // deleted, and not yet committed
      }
    });
}

/** `packages/x`, `apps/x` or `test`; undefined for files of the root. */
export function partOf(path: string): string | undefined {
  return /^(?:(?:packages|apps)\/[^/]+|test)(?=\/)/.exec(path)?.[0];
}

export function isTest({ path }: Source): boolean {
  return /^test\/|\.test\.ts$|\/testing(\.ts|\/)|\/contract(\.ts|\/)/.test(path);
}

/** The path of a relative import. */
export function resolveImport(from: string, specifier: string): string {
  return new URL(specifier, new URL(from, 'file:///')).pathname.slice(1);
}
