import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withEntries } from './shared-map.ts';

const entries = fc.array(fc.tuple(fc.nat(80), fc.nat(1000)), { maxLength: 4 });

describe('maps that share entries', () => {
  it('D5: every map of a growing family stays as it was, and reads like a plain one', () => {
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 60, size: 'max' }), fc.nat(59), (changes, branch) => {
        let map: ReadonlyMap<number, number> = new Map();
        const model = new Map<number, number>();
        const family: { map: ReadonlyMap<number, number>; model: Map<number, number> }[] = [];
        changes.forEach((change, i) => {
          // Now and then a change starts from an older map, as two updates admitted against one version do.
          const parent = i % 7 === 6 ? family[branch % family.length] : { map, model };
          const before = parent ?? { map, model };
          map = withEntries(before.map, change);
          family.push({ map, model: new Map([...before.model, ...change]) });
          model.clear();
          for (const [key, value] of family.at(-1)?.model ?? []) model.set(key, value);
        });
        for (const one of family) {
          expect(one.map.size).toBe(one.model.size);
          expect(sorted(one.map)).toEqual(sorted(one.model));
          expect([...one.map.keys()].sort()).toEqual([...one.model.keys()].sort());
          expect([...one.map.values()].sort()).toEqual([...one.model.values()].sort());
          one.map.forEach((value, key) => {
            expect(one.model.get(key)).toBe(value);
          });
          for (let key = 0; key < 81; key++) {
            expect(one.map.get(key)).toBe(one.model.get(key));
            expect(one.map.has(key)).toBe(one.model.has(key));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('D5: without entries it is the same map', () => {
    const map = new Map([[1, 2]]);
    expect(withEntries(map, [])).toBe(map);
  });
});

function sorted(map: ReadonlyMap<number, number>): [number, number][] {
  return [...map].sort(([a], [b]) => a - b);
}
