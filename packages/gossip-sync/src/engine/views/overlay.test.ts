import { createRandom } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { OverlayPump } from './overlay-pump.ts';

function grown(seed: string, nodes: number, dialOnly: (node: number) => boolean = () => false): OverlayPump {
  const pump = new OverlayPump(seed);
  for (let node = 0; node < nodes; node++) {
    pump.add(true, dialOnly(node));
    pump.run(5);
  }
  pump.run(1000);
  return pump;
}

describe('overlay of 300 nodes', () => {
  it('V2: joined one by one all have their neighbours and a full passive view', () => {
    const pump = grown('grow', 300);
    expect(pump.reach()).toBe(1);
    for (const node of pump.running()) {
      expect(pump.active(node).length).toBeGreaterThanOrEqual(4);
      expect(pump.active(node).length).toBeLessThanOrEqual(6);
    }
    const mean = pump.nodes.reduce((sum, views) => sum + views.passive().length, 0) / 300;
    expect(mean).toBeGreaterThan(25);
  });

  it('V3: neighbours know each other as such', () => {
    const pump = grown('both', 300);
    expect(pump.oneSided()).toBe(0);
  });

  it('V1: all joining at once through the same moment’s nodes they still make one overlay', () => {
    const pump = new OverlayPump('rush');
    for (let node = 0; node < 300; node++) pump.add(true);
    pump.run(1000);
    expect(pump.reach()).toBe(1);
  });

  it.each([0.3, 0.5, 0.8])('V6: after %d of the nodes crash at once the others find together', (share) => {
    for (const seed of ['one', 'two', 'three']) {
      const pump = grown(seed, 300);
      const order = createRandom(seed).shuffled(pump.running());
      pump.crash(order.slice(0, Math.round(300 * share)));
      pump.run(600);
      expect(pump.reach(), seed).toBe(1);
      expect(pump.oneSided(), seed).toBe(0);
    }
  });

  it('V5: without repair 80 % of crashes leave hardly anybody connected', () => {
    const pump = grown('unrepaired', 300);
    pump.crash(createRandom('unrepaired').shuffled(pump.running()).slice(0, 240));
    expect(pump.reach()).toBeLessThan(0.5);
  });

  it('V7: shuffles bring late joiners into passive views far away', () => {
    const pump = grown('mix', 200);
    const newcomer = pump.add(true);
    const know = (): number =>
      pump.nodes.filter((views) =>
        views.passive().some(({ addresses }) => addresses[0] === `ws://${newcomer}`),
      ).length;
    pump.run(20);
    const before = know();
    pump.run(6000);
    expect(know()).toBeGreaterThan(before + 5);
  });

  it.each(['nat', 'x', 'y'])(
    'V8: half of the nodes only dial out, and all are reached and have enough neighbours (%s)',
    (seed) => {
      const pump = grown(seed, 200, (node) => node % 2 === 1);
      pump.run(2000);
      expect(pump.reach()).toBe(1);
      for (const node of pump.running()) expect(pump.active(node).length).toBeGreaterThanOrEqual(3);
    },
  );

  it('V13: two overlays that meet by one link, soon closed, become one', () => {
    const pump = new OverlayPump('pieces');
    for (const contact of [0, 30]) {
      for (let node = contact; node < contact + 30; node++) {
        pump.add(false);
        if (node > contact) pump.link(node, contact);
        pump.run(5);
      }
    }
    pump.run(600);
    expect(pump.reach()).toBe(0.5);
    pump.link(7, 42);
    pump.run(3);
    pump.cut(7, 42);
    pump.run(6000);
    expect(pump.reach()).toBe(1);
  });

  it('V5: links that break one by one are replaced', () => {
    const pump = grown('breaks', 200);
    const random = createRandom('breaks');
    for (let i = 0; i < 300; i++) {
      const node = random.below(200);
      const other = random.pick(pump.active(node));
      if (other !== undefined) pump.cut(node, other);
      pump.run(3);
    }
    pump.run(300);
    expect(pump.reach()).toBe(1);
    expect(pump.oneSided()).toBe(0);
  });

  it('V12: the same seed grows the same overlay', () => {
    const shape = (seed: string): string => {
      const pump = grown(seed, 60);
      return JSON.stringify(pump.running().map((node) => pump.active(node)));
    };
    expect(shape('same')).toBe(shape('same'));
    expect(shape('same')).not.toBe(shape('else'));
  });
});
