/** JSON that two parsers may read differently, or that names what no object should have. The message names the key. */
export class AmbiguousJson extends Error {}

/**
 * Parses JSON that decides about rights. Throws a SyntaxError where it is none, {@link AmbiguousJson} where a key stands twice in one object
 * (CVE-2017-12635: one parser checked the first, another used the second) or is `__proto__`.
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  refuseAmbiguity(text);
  return value;
}

/** Of JSON that is well-formed: a string after `{` or, in an object, after `,` is a key. */
function refuseAmbiguity(text: string): void {
  const open: (Set<string> | null)[] = [];
  let isKeyNext = false;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    const inside = open.at(-1) ?? null;
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token !== ',' && isKeyNext && inside !== null) take(inside, String(JSON.parse(token)));
    isKeyNext = token === '{' || (token === ',' && inside !== null);
  }
}

function take(keys: Set<string>, key: string): void {
  if (key === '__proto__') throw new AmbiguousJson('a key is named __proto__');
  if (keys.has(key)) throw new AmbiguousJson(`${JSON.stringify(key)} is there twice`);
  keys.add(key);
}
