import { packageOf } from './arrows.ts';
import { codeOf, isTest, type Source } from './sources.ts';

const declaration = /^export (?:declare )?(?:async )?(?:abstract )?(?:const|let|function\*?|class) (\w+)/gm;

/**
 * Values exported by a file that no other file of the repository mentions: dead, or not worth exporting. Types are left out:
 * they name the parts of a signature, also where nobody else has to.
 */
export function findDeadExports(sources: readonly Source[]): string[] {
  const words = new Map<string, Set<string>>();
  for (const source of sources) {
    for (const word of new Set(codeOf(source).match(/\w+/g) ?? [])) {
      const files = words.get(word) ?? new Set();
      files.add(source.path);
      words.set(word, files);
    }
  }
  return sources
    .filter((source) => packageOf(source.path) !== undefined && !isTest(source))
    .flatMap((source) =>
      [...source.text.matchAll(declaration)]
        .map((match) => match[1] ?? '')
        .filter((name) => (words.get(name)?.size ?? 0) < 2)
        .map((name) => `${source.path} exports ${name}, which nothing else names`),
    );
}
