import { describe, expect, it } from 'vitest';
import { type BudgetHolder, SharedBudget } from './shared-budget.ts';

function holders(...names: readonly string[]): { readonly gone: string[]; readonly made: BudgetHolder[] } {
  const gone: string[] = [];
  return { gone, made: names.map((name) => ({ crowdedOut: () => gone.push(name) })) };
}

describe('a shared budget', () => {
  it('K11: whoever holds most is crowded out, as many as it takes and no more', () => {
    const { gone, made } = holders('small', 'large', 'larger', 'late');
    const [small, large, larger, late] = made as [BudgetHolder, BudgetHolder, BudgetHolder, BudgetHolder];
    const budget = new SharedBudget(100);
    budget.set(small, 10);
    budget.set(large, 40);
    budget.set(larger, 50);
    expect([gone, budget.total]).toEqual([[], 100]);
    budget.set(late, 45);
    expect([gone, budget.total]).toEqual([['larger'], 95]);
    budget.set(small, 70);
    expect([gone, budget.total]).toEqual([['larger', 'small'], 85]);
  });

  it('K11: what is let go of makes room, and is counted once', () => {
    const { gone, made } = holders('a', 'b');
    const [a, b] = made as [BudgetHolder, BudgetHolder];
    const budget = new SharedBudget(100);
    for (let round = 0; round < 10; round++) {
      budget.set(a, 60);
      budget.set(a, 90);
      budget.set(a, 0);
      budget.set(b, 100);
      budget.set(b, 0);
    }
    expect([gone, budget.total]).toEqual([[], 0]);
    budget.set(a, 101);
    expect([gone, budget.total]).toEqual([['a'], 0]);
  });
});
