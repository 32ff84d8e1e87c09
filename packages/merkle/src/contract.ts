import { describe, expect, it } from 'vitest';
import type { NodeStore } from './node-store.ts';

/** What every node store has to do. `create` gives an empty one. */
export function nodeStoreContract(name: string, create: () => Promise<NodeStore>): void {
  describe(`node store: ${name}`, () => {
    it('M12: gives undefined for what was never written', async () => {
      expect(await (await create()).get('a')).toBeUndefined();
    });

    it('M12: gives what was written last, also at the root and at paths that begin alike', async () => {
      const store = await create();
      const [a, b, c] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
      await store.write(
        new Map([
          ['', a],
          ['0', b],
          ['00', c],
        ]),
      );
      expect(await store.get('')).toEqual(a);
      expect(await store.get('0')).toEqual(b);
      expect(await store.get('00')).toEqual(c);
      await store.write(new Map([['0', a]]));
      expect(await store.get('0')).toEqual(a);
      expect(await store.get('00')).toEqual(c);
    });

    it('M12: forgets what was deleted, in the same batch that writes others', async () => {
      const store = await create();
      await store.write(new Map([['f', Uint8Array.of(1)]]));
      await store.write(
        new Map([
          ['f', null],
          ['f0', Uint8Array.of(2)],
        ]),
      );
      expect(await store.get('f')).toBeUndefined();
      expect(await store.get('f0')).toEqual(Uint8Array.of(2));
    });
  });
}
