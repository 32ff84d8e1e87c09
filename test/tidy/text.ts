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

function found(path: string, text: string, pattern: RegExp): string[] {
  const match = pattern.exec(text)?.[0];
  return match === undefined ? [] : [`${path} says "${match.trim()}"`];
}
