import { describe, expect, test } from 'vitest';
import { planRepair, type Side } from './plan.ts';

const side = (head: number, count: number, cursor: number): Side => ({ head, count, cursor });

describe('the choice of rungs', () => {
  const cases: readonly {
    readonly when: string;
    readonly mine: Side;
    readonly theirs: Side;
    readonly plan: object;
  }[] = [
    {
      when: 'both know each other up to lately',
      mine: side(1000, 900, 1990),
      theirs: side(2000, 900, 980),
      plan: { kind: 'recent', pullAfter: 1990, pushAfter: 980 },
    },
    {
      when: 'they never met and both have much',
      mine: side(5000, 5000, 0),
      theirs: side(5000, 5000, 0),
      plan: { kind: 'walk' },
    },
    {
      when: 'one has nothing',
      mine: side(0, 0, 0),
      theirs: side(90_000, 90_000, 0),
      plan: { kind: 'recent', pullAfter: 0, pushAfter: 0 },
    },
    {
      when: 'both have little',
      mine: side(300, 300, 0),
      theirs: side(400, 400, 0),
      plan: { kind: 'recent', pullAfter: 0, pushAfter: 0 },
    },
    {
      when: 'one is too far behind',
      mine: side(300_000, 200_000, 100),
      theirs: side(300_000, 200_000, 299_999),
      plan: { kind: 'walk' },
    },
    {
      when: 'one is far behind, on few documents',
      mine: side(300_000, 2000, 100),
      theirs: side(300_000, 2000, 299_999),
      plan: { kind: 'recent', pullAfter: 100, pushAfter: 299_999 },
    },
    {
      when: 'a feed ends before what is known of it, and both have much',
      mine: side(5000, 5000, 6000),
      theirs: side(5000, 5000, 4999),
      plan: { kind: 'walk' },
    },
    {
      when: 'a feed ends before what is known of it, and both have little',
      mine: side(50, 50, 60),
      theirs: side(50, 50, 40),
      plan: { kind: 'recent', pullAfter: 0, pushAfter: 40 },
    },
  ];

  test.each(cases)('G30: when $when', ({ mine, theirs, plan }) => {
    expect(planRepair(mine, theirs, 'push-pull', 65_536)).toEqual(plan);
  });

  test('G28: a one-way session asks for one side only', () => {
    const [mine, theirs] = [side(10, 10, 5), side(10, 10, 5)];
    expect(planRepair(mine, theirs, 'push', 512)).toEqual({ kind: 'recent', pullAfter: null, pushAfter: 5 });
    expect(planRepair(mine, theirs, 'pull', 512)).toEqual({ kind: 'recent', pullAfter: 5, pushAfter: null });
  });
});
