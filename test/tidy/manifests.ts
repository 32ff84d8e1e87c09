import { importsOf, packageNameOf } from './imports.ts';
import { isTest, partOf, type Source } from './sources.ts';

/**
 * Imports outside tests of packages that the part's `package.json` does not list among its dependencies: with
 * development dependencies alone they work here and fail where the package is installed.
 */
export function checkDependencies(manifest: Source, sources: readonly Source[]): string[] {
  const part = partOf(manifest.path);
  const { name, ...listed } = readManifest(manifest);
  const known = new Set([name, ...Object.keys({ ...listed.dependencies, ...listed.peerDependencies })]);
  return sources
    .filter((source) => partOf(source.path) === part && source.path.includes('/src/') && !isTest(source))
    .flatMap((source) =>
      importsOf(source)
        .filter(({ typeOnly }) => !typeOnly)
        .map(({ specifier }) => packageNameOf(specifier))
        .filter((imported) => imported !== undefined && !known.has(imported))
        .map((imported) => `${manifest.path} does not depend on ${imported}, which ${source.path} imports`),
    );
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

function readManifest({ text }: Source): Manifest {
  const manifest: Manifest = JSON.parse(text);
  return manifest;
}
