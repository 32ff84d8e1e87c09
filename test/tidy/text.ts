import type { Source } from './sources.ts';

/** Lines of a source file at most; 60 to 120 are wanted. */
const maxLines = 400;

// Written so that they do not match themselves.
const markers = /\b(?:TO[D]O|FIX[M]E|X[X]X|not implemente[d])\b|\.(?:skip|todo|only)\(/;
const machinePaths = /(?:^|[^.\w])\/(?:work|root)\/|registry\.[a-z]+\.[a-z]+/m;
const origins = /\b(?:subagen[t]|helper agen[t]|issue #?\d+ ask[s]|before-sto[p])\b/i;
/** In code it is a session between peers or with a client. */
const originsInProse = /\bthis sessio[n]\b/i;

export function checkLength({ path, text }: Source): string[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return lines > maxLines ? [`${path} has ${lines} lines`] : [];
}

export function checkMarkers({ path, text }: Source): string[] {
  return found(path, text, markers);
}

export function checkSelfContained({ path, text }: Source): string[] {
  return [
    ...found(path, text, machinePaths),
    ...found(path, text, origins),
    ...(path.endsWith('.md') ? found(path, text, originsInProse) : []),
  ];
}

export function checkHosts({ path, text }: Source): string[] {
  return found(path, text, /https?:\/\/\S*/);
}

/** Entries of the catalog that are no exact version. */
export function checkPinned({ path, text }: Source): string[] {
  const [, catalog = ''] = text.split(/^catalog:$/m);
  const entries = (catalog.split(/^\S/m)[0] ?? '').matchAll(/^ {2}(\S+): (\S+)$/gm);
  return [...entries].flatMap(([, name, version = '']) =>
    /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) ? [] : [`${path} takes ${name} ${version}`],
  );
}

/** Packages of a lock file without a checksum. */
export function checkIntegrity({ path, text }: Source): string[] {
  const resolutions = text.matchAll(/^ {2}(\S+):\n {4}resolution: (.*)$/gm);
  return [...resolutions].flatMap(([, name, resolution = '']) =>
    resolution.includes('integrity: sha512-') ? [] : [`${path} has no checksum of ${name}`],
  );
}

function found(path: string, text: string, pattern: RegExp): string[] {
  const match = pattern.exec(text)?.[0];
  return match === undefined ? [] : [`${path} says "${match.trim()}"`];
}
