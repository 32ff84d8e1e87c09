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
      plan: { pullAfter: 1990, pushAfter: 980 },
    },
    {
      when: 'they never met and both have much',
      mine: side(5000, 5000, 0),
      theirs: side(5000, 5000, 0),
      plan: { pullAfter: 'walk', pushAfter: 'walk' },
    },
    {
      when: 'one has nothing',
      mine: side(0, 0, 0),
      theirs: side(90_000, 90_000, 0),
      plan: { pullAfter: 0, pushAfter: 0 },
    },
    {
      when: 'both have little',
      mine: side(300, 300, 0),
      theirs: side(400, 400, 0),
      plan: { pullAfter: 0, pushAfter: 0 },
    },
    {
      when: 'one is too far behind',
      mine: side(300_000, 200_000, 100),
      theirs: side(300_000, 200_000, 299_999),
      plan: { pullAfter: 'walk', pushAfter: 299_999 },
    },
    {
      when: 'one was told the most of it before the link broke',
      mine: side(1_000_000, 1_000_000, 0),
      theirs: side(950_000, 950_000, 950_000),
      plan: { pullAfter: 'walk', pushAfter: 950_000 },
    },
    {
      when: 'one has read half of everything before the link broke',
      mine: side(600_000, 600_000, 600_000),
      theirs: side(1_000_000, 1_000_000, 0),
      plan: { pullAfter: 600_000, pushAfter: 'walk' },
    },
    {
      when: 'one is far behind, on few documents',
      mine: side(300_000, 2000, 100),
      theirs: side(300_000, 2000, 299_999),
      plan: { pullAfter: 100, pushAfter: 299_999 },
    },
    {
      when: 'a feed ends before what is known of it, and both have much',
      mine: side(5000, 5000, 6000),
      theirs: side(5000, 5000, 4999),
      plan: { pullAfter: 'walk', pushAfter: 4999 },
    },
    {
      when: 'a feed ends before what is known of it, and both have little',
      mine: side(50, 50, 60),
      theirs: side(50, 50, 40),
      plan: { pullAfter: 0, pushAfter: 40 },
    },
  ];

  test.each(cases)('G30: when $when', ({ mine, theirs, plan }) => {
    expect(planRepair(mine, theirs, 'push-pull', 65_536)).toEqual(plan);
  });

  test('G28: a one-way session asks for one side only', () => {
    const [mine, theirs] = [side(10, 10, 5), side(10, 10, 5)];
    expect(planRepair(mine, theirs, 'push', 512)).toEqual({ pullAfter: null, pushAfter: 5 });
    expect(planRepair(mine, theirs, 'pull', 512)).toEqual({ pullAfter: 5, pushAfter: null });
  });
});
