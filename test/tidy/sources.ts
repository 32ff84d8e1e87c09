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

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

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

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|[^.\w])import\s*\(?\s*['"]([^'"]+)['"]/g;

/** What a file imports, type imports too. */
export function importsOf({ text }: Source): string[] {
  // A snippet shown to users stands in a template and imports nothing.
  return [...text.replace(/`(?:[^`\\]|\\.)*`/g, '``').matchAll(importPattern)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
}

export function isTest({ path }: Source): boolean {
  return /\.test\.ts$|\/testing(\.ts|\/)|\/contract(\.ts|\/)/.test(path);
}

/** Code without comments and the contents of strings, for checks on what is called. */
export function codeOf({ text }: Source): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''")
    .replace(/\/\/.*$/gm, '');
}
