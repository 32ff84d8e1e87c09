import type { PlannedCrash, PlannedPartition, TableNumber } from '@hearsay/simulator';
import { InvalidArgumentError } from 'commander';

/** Reads the text of an option; throws `InvalidArgumentError` with what it takes instead. */
export type Parse<Value> = (text: string) => Value;

export function wholeNumber(least: number, most: number): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return value;
    if (least === 1 && most === Number.POSITIVE_INFINITY) throw wrong('Give a whole number above 0.');
    const bound = most === Number.POSITIVE_INFINITY ? `from ${least}` : `from ${least} to ${most}`;
    throw wrong(`Give a whole number ${bound}.`);
  };
}

export function decimal(least: number, most: number): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}(\.\d+)?$/.test(text) && value >= least && value <= most) return value;
    const bound = most === Number.POSITIVE_INFINITY ? `from ${least}` : `from ${least} to ${most}`;
    throw wrong(`Give a number ${bound}.`);
  };
}

/** Of the paper. */
export function tableNumber(text: string): TableNumber {
  const found = ([1, 2, 3, 4, 5] as const).find((number) => String(number) === text);
  if (found === undefined) throw wrong('There are tables 1 to 5.');
  return found;
}

/** `0.3` or `30%`. */
export function share(text: string): number {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (/^\d+(\.\d+)?%?$/.test(text) && value <= 1) return value;
  throw wrong('Give a share, such as 0.3 or 30%.');
}

/** Below 1: of what is always lost nothing ever arrives. */
export function lossShare(text: string): number {
  const value = share(text);
  if (value > 0.9) throw wrong('At most 90 % can be lost.');
  return value;
}

export function oneOf<Name extends string>(...names: readonly Name[]): Parse<Name> {
  return (text) => {
    const found = names.find((name) => name === text);
    if (found === undefined) throw wrong(`Choose one of ${names.join(', ')}.`);
    return found;
  };
}

/** One value, or several separated by commas: a row for each. */
export function sweep<Value>(parse: Parse<Value>): Parse<readonly Value[]> {
  return (text) => text.split(',').map((part) => parse(part.trim()));
}

export function onOrOff(text: string): boolean {
  return oneOf('on', 'off')(text) === 'on';
}

/** `10%:200`: so many frames, and the milliseconds they take longer. */
export function stragglers(text: string): { share: number; extraMs: number } {
  const [part = '', milliseconds = ''] = text.split(':');
  if (!/^\d+$/.test(milliseconds)) {
    throw wrong('Give a share of the frames and how much longer they take, such as 10%:200.');
  }
  return { share: share(part), extraMs: Number(milliseconds) };
}

/** `60/40@10-30`, `eu/us+ap@10-30`: who from whom, and from when until when in seconds. */
export function partition(text: string): PlannedPartition {
  const [, sides = '', from = '', until = ''] = /^(.+)@([\d.]+)-([\d.]+)$/.exec(text) ?? [];
  const parts = sides.split('/');
  const [fromMs, untilMs] = [Number(from) * 1000, Number(until) * 1000];
  if (sides === '' || !(untilMs > fromMs)) {
    throw wrong('Give groups and seconds, such as 60/40@10-30 or eu/us+ap@10-30.');
  }
  const isShares = parts.every((part) => /^\d+$/.test(part));
  if (isShares && parts.length < 2) throw wrong('A partition by shares takes two or more: 60/40@10-30.');
  const groups = isShares ? parts.map(Number) : parts.map((part) => part.split('+'));
  return { groups, fromMs, untilMs };
}

/** `20%@10-40`, `n3@10`: who, from when and until when in seconds; for good without an end. */
export function crash(text: string): PlannedCrash {
  const [, who = '', at = '', back] = /^(.+)@([\d.]+)(?:-([\d.]+))?$/.exec(text) ?? [];
  const atMs = Number(at) * 1000;
  const backMs = back === undefined ? null : Number(back) * 1000;
  if (who === '' || Number.isNaN(atMs) || (backMs !== null && !(backMs > atMs))) {
    throw wrong('Give who and seconds, such as 20%@10-40, n3@10-40 or, for good, 20%@10.');
  }
  return { who: /^[\d.]+%$/.test(who) ? share(who) : who, atMs, backMs };
}

/** `eu:10,us:20`, or names alone. */
export function regions(text: string): readonly { readonly name: string; readonly nodes: number | null }[] {
  return text.split(',').map((part) => {
    const [, name = '', count] = /^([\w]{1,32})(?::([1-9]\d{0,4}))?$/.exec(part.trim()) ?? [];
    if (name === '')
      throw wrong('Give names, with numbers of nodes or without, such as eu:10,us:20 or eu,us.');
    return { name, nodes: count === undefined ? null : Number(count) };
  });
}

/** `80`, or `eu-us:40,eu-ap:120`. */
export function regionLatency(
  text: string,
): number | readonly { readonly regions: readonly [string, string]; readonly latencyMs: number }[] {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  return text.split(',').map((part) => {
    const [, a = '', b = '', milliseconds = ''] = /^(\w+)-(\w+):(\d{1,6})$/.exec(part.trim()) ?? [];
    if (a === '')
      throw wrong('Give milliseconds for all, such as 80, or for pairs, such as eu-us:40,eu-ap:120.');
    return { regions: [a, b], latencyMs: Number(milliseconds) };
  });
}

function wrong(what: string): InvalidArgumentError {
  return new InvalidArgumentError(what);
}
