import type { DocumentKey } from '@hearsay/core';
import { HttpError } from './errors.ts';

/** A parameter of a query that may be given once. */
export function single(query: unknown, name: string): string | undefined {
  const value = (query as Record<string, unknown>)[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new HttpError('BAD_REQUEST', `${name} may be given once`);
}

/** How many a page holds: `limit` of the query, from 1 to 1000. */
export function pageSize(query: unknown, preset: number): number {
  const raw = single(query, 'limit');
  if (raw === undefined) return preset;
  const size = /^\d{1,4}$/.test(raw) ? Number(raw) : 0;
  if (size < 1 || size > 1000)
    throw new HttpError('BAD_REQUEST', 'limit takes a whole number from 1 to 1000');
  return size;
}

/** Where a page in the order of keys begins: null, or an empty text, at the first. */
export function positionOf(after: string | null | undefined): DocumentKey | null {
  if (after === undefined || after === null || after === '') return null;
  if (/^[0-9a-f]{32}$/.test(after)) return after as DocumentKey;
  throw new HttpError('BAD_REQUEST', 'after takes what `next` of the page before says');
}

/** One page of what is there, ascending by its key, which `after` of the query takes up; `next` is null at the end. */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  query: unknown,
): { readonly page: readonly Item[]; readonly next: string | null } {
  const after = single(query, 'after') ?? '';
  const size = pageSize(query, 500);
  const keyed = items.map((item) => ({ item, key: keyOf(item) })).filter(({ key }) => key > after);
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = keyed.slice(0, size);
  const next = keyed.length > size ? (page.at(-1)?.key ?? null) : null;
  return { page: page.map(({ item }) => item), next };
}
