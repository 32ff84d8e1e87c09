import type { Source } from './sources.ts';

const skipped = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`/g;
const interpolation = /\$\{([^{}]*)\}/g;

/**
 * A file's code, for checks on what is called: comments and the insides of strings are blanks, so that every character
 * stays where it was. What templates interpolate is code.
 */
export function codeOf({ text }: Source): string {
  return text.replace(skipped, (match) => {
    if (match.startsWith('/')) return blank(match);
    if (!match.startsWith('`')) return match.charAt(0) + blank(match.slice(1, -1)) + match.charAt(0);
    let code = '`';
    let end = 1;
    for (const found of match.matchAll(interpolation)) {
      const inside = found.index + 2;
      code += `${blank(match.slice(end, inside))}${found[1] ?? ''}`;
      end = inside + (found[1]?.length ?? 0);
    }
    return `${code}${blank(match.slice(end, -1))}\``;
  });
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
