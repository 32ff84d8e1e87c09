import { describe, expect, test } from 'vitest';
import { engineConfig } from './config.ts';
import { readTunables, takes, tunables } from './tunables.ts';

function refusal(...assignments: string[]): string {
  const read = readTunables(assignments);
  if (read.ok) throw new Error('taken');
  return read.error;
}

describe('settings by name', () => {
  test('G48: every variant can be chosen, and goes to its part', () => {
    const read = readTunables([
      'rumour.direction=pull',
      'rumour.stopRule=blind',
      'rumour.stopMethod=coin',
      'rumour.k=5',
      'rumour.connectionLimit=1',
      'rumour.huntLimit=2',
      'rumour.minimisation=false',
      'mail.maxPeers=0',
      'antiEntropy.mode=push',
      'partners.exponent=2',
      'partners.uniformShare=0.25',
      'membership.lagToleranceMs=null',
    ]);
    if (!read.ok) throw new Error(read.error);
    const { rumour, mail, antiEntropy, partners, membership } = engineConfig(read.value);
    expect(rumour).toMatchObject({
      ...{ direction: 'pull', stopRule: 'blind', stopMethod: 'coin', k: 5, fanOut: 2 },
      ...{ connectionLimit: 1, huntLimit: 2, minimisation: false },
    });
    expect([mail.maxPeers, antiEntropy.mode, partners.exponent]).toEqual([0, 'push', 2]);
    expect([partners.uniformShare, membership.lagToleranceMs]).toEqual([0.25, null]);
  });

  test.each([
    ['rumour.k', 'rumour.k takes a number from 1 (contacts), got ""'],
    ['rumour.k=0', 'number from 1'],
    ['rumour.k=1.5', 'number from 1'],
    ['rumour.k=-1', 'number from 1'],
    ['rumour.k=0x10', 'number from 1'],
    ['rumour.k=null', 'number from 1'],
    ['rumour.jitter=1.5', 'number from 0 to 1'],
    ['rumour.direction=sideways', 'takes push, pull, push-pull, got "sideways"'],
    ['rumour.connectionLimit=0', 'a number from 1 (incoming conversations a cycle), or null'],
    ['membership.nacks=yes', 'true or false'],
    ['peers.seeds=ws://a', 'there is no setting peers.seeds'],
    ['spread.k=1', 'there is no setting spread.k; did you mean rumour.k?'],
    ['__proto__.k=1', 'there is no setting __proto__.k'],
  ])('G48: %s is refused: %s', (assignment, why) => {
    expect(refusal(assignment)).toContain(why);
  });

  test('G48: every default is what its setting takes', () => {
    for (const { name, setting } of tunables) {
      const read = readTunables([`${name}=${setting.default}`]);
      expect(read.ok, `${name} takes ${takes(setting)}, its default is ${setting.default}`).toBe(true);
    }
  });
});
