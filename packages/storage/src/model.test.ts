import { type DocumentKey, documentKey } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { exchange } from './contract/replication.ts';
import type { DocumentStore } from './store-types.ts';
import { type Author, createAuthor } from './testing/author.ts';
import { idOf, local, memoryOptions, opened, peerId } from './testing/stores.ts';

/** What a store is to hold: life by life, the text that was typed. */
interface Model {
  life: number;
  live: boolean;
  text: string;
  author: Author;
}

type Command =
  | { readonly kind: 'type'; readonly document: number; readonly text: string; readonly wait: boolean }
  | { readonly kind: 'delete' | 'begin' | 'compact'; readonly document: number }
  | { readonly kind: 'reopen' | 'index' | 'scrub' };

const documents = fc.nat(3);
const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('type' as const),
      document: documents,
      text: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 }),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('delete' as const, 'begin' as const, 'compact' as const),
      document: documents,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('reopen' as const, 'index' as const, 'scrub' as const) }),
  },
);

describe('model', () => {
  it('S25: after any sequence of writes, deletions, compactions and restarts a store holds what the model holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { maxLength: 60 }), async (list) => {
        const options = memoryOptions({
          tunables: { compactTailUpdates: 6, indexPageDocuments: 2, maxOpenDocumentBytes: 1500 },
        });
        let store = await opened(options);
        const models = new Map<string, Model>();
        let clients = 0;
        const underWay: Promise<unknown>[] = [];
        const submit = (name: string, model: Model, text: string): Promise<unknown> => {
          model.text += text;
          const receipt = store.submit(idOf(name), model.author.type(text), local, model.life).then(unwrap);
          underWay.push(receipt);
          return receipt;
        };
        for (const command of list) {
          const name = 'document' in command ? `doc-${command.document}` : '';
          const model = models.get(name);
          switch (command.kind) {
            case 'type': {
              if (model?.live === false) break;
              const mine = model ?? { life: 1, live: true, text: '', author: createAuthor(++clients) };
              models.set(name, mine);
              const receipt = submit(name, mine, command.text);
              if (command.wait) await receipt;
              break;
            }
            case 'delete':
              if (model !== undefined) model.live = false;
              underWay.push(store.deleteDocument(idOf(name), 1, peerId(1)).then(unwrap));
              break;
            case 'begin':
              if (model?.live === false) {
                const author = createAuthor(++clients);
                const next = { life: model.life + 1, live: true, text: '', author };
                models.set(name, next);
                submit(name, next, 'new');
              }
              break;
            case 'compact':
              underWay.push(store.compact(idOf(name)));
              break;
            case 'index':
              underWay.push(store.roots());
              break;
            case 'scrub':
              await Promise.all(underWay.splice(0));
              expect(await store.scrub(100)).toMatchObject({ damaged: 0, repaired: 0 });
              break;
            case 'reopen':
              await Promise.all(underWay.splice(0));
              await store.close();
              store = await opened(options);
          }
        }
        await Promise.all(underWay);
        await expectModel(store, models);
        await store.close();
        const again = await opened(options);
        await expectModel(again, models);
        expect(again.status().counters).toMatchObject({
          logHoles: 0,
          recordsDamaged: 0,
          documentsDamaged: 0,
        });
        await again.close();
      }),
      { numRuns: 150 },
    );
  });
});

async function expectModel(store: DocumentStore, models: ReadonlyMap<string, Model>): Promise<void> {
  const copy = await opened(memoryOptions());
  const keys = new Set<DocumentKey>();
  for (const [name, { life, live, text }] of models) {
    keys.add(documentKey(idOf(name)));
    const document = unwrap(await store.read(idOf(name)));
    expect(await store.lookup(idOf(name))).toMatchObject({ life, phase: live ? 'live' : 'deleted' });
    expect(document && documentJson(document.updates)).toEqual(live ? { text } : undefined);
    await exchange(store, copy, documentKey(idOf(name)));
  }
  const listed = [...models].filter(([, { live }]) => live).map(([name]) => name);
  expect((await store.list('default', '', 100)).map(({ name }) => name)).toEqual(listed.sort());
  expect(await store.roots()).toEqual(await copy.roots());
  const { entries } = await store.recent(0, 100);
  expect(new Set(entries.map(({ key }) => key))).toEqual(keys);
  expect(entries.length).toBe(keys.size);
  expect(entries.map(({ digest }) => digest)).toEqual(await copy.digests(entries.map(({ key }) => key)));
  expect(await store.scrub(1000)).toMatchObject({ damaged: 0, repaired: 0 });
}
