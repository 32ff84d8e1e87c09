import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { documentJson } from './json.ts';
import { edits, exchangeAll, jsonOfClient, playEdits, withoutEmpty } from './testing/random-edits.ts';

function jsonOf(write: (document: Y.Doc) => void): Record<string, unknown> {
  const document = new Y.Doc();
  write(document);
  return documentJson([Y.encodeStateAsUpdate(document)]);
}

describe('JSON of a document', () => {
  it('D25: is what a client reads who knows the types', () => {
    fc.assert(
      fc.property(edits, fc.boolean(), (script, gc) => {
        const { replicas } = playEdits(script, gc);
        exchangeAll(replicas);
        const [replica] = replicas as [Y.Doc];
        expect(withoutEmpty(documentJson([Y.encodeStateAsUpdate(replica)]))).toEqual(jsonOfClient(replica));
      }),
    );
  });

  it('D25: root types show by what is in them', () => {
    const json = jsonOf((document) => {
      document.getText('text').insert(0, 'hello');
      document.getText('formatted').insert(0, 'bold', { bold: true });
      document.getArray('list').insert(0, [1, [2], { three: 3 }]);
      document.getMap('map').set('key', 'value');
      document.getXmlFragment('xml').insert(0, [new Y.XmlElement('P'), new Y.XmlText('x')]);
      document.getMap('emptied').set('key', 1);
      document.getMap('emptied').delete('key');
      document.getText('erased').insert(0, 'x');
      document.getText('erased').delete(0, 1);
    });
    expect(json).toEqual({
      emptied: {},
      erased: '',
      formatted: 'bold',
      list: [1, [2], { three: 3 }],
      map: { key: 'value' },
      text: 'hello',
      xml: '<p></p>x',
    });
    expect(Object.keys(json)).toEqual(Object.keys(json).sort());
  });

  it('D25: XML is written as Yjs writes it', () => {
    const document = new Y.Doc();
    const fragment = document.getXmlFragment('xml');
    const element = new Y.XmlElement('Div');
    const text = new Y.XmlText();
    fragment.insert(0, [element]);
    element.setAttribute('b', '2');
    element.setAttribute('a', '1');
    element.insert(0, [text, new Y.XmlElement('br')]);
    text.insert(0, 'plain ');
    text.insert(6, 'marked', { em: {}, a: { title: 't', href: 'h' } });
    text.insert(12, ' end', { em: null, a: null });
    expect(documentJson([Y.encodeStateAsUpdate(document)])).toEqual({ xml: fragment.toString() });
    expect(fragment.toString()).toContain('<a href="h" title="t"><em>marked</em></a>');
  });

  it('D25: values that JSON lacks have a form that it has', () => {
    const json = jsonOf((document) => {
      document.getArray('list').insert(0, [[undefined, Number.NaN, 2n ** 60n, Uint8Array.of(255, 0)]]);
      document.getMap('map').set('sub', new Y.Doc({ guid: 'inner' }));
      document.getMap('map').set('bytes', Uint8Array.of(1));
    });
    expect(json).toEqual({
      list: [[null, null, '1152921504606846976', '/wA=']],
      map: { bytes: 'AQ==', sub: { guid: 'inner' } },
    });
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });

  it('D25: no object has a prototype, whatever its keys', () => {
    const json = jsonOf((document) => {
      document.getMap('constructor').set('hasOwnProperty', [{ valueOf: 1 }]);
      document.getMap('constructor').set('inner', new Y.Map([['toString', 'x']]));
    });
    const inner = json['constructor'] as Record<string, unknown>;
    for (const object of [json, inner, inner['inner'], (inner['hasOwnProperty'] as unknown[])[0]]) {
      expect(Object.getPrototypeOf(object)).toBe(null);
    }
    expect(inner['inner']).toEqual({ toString: 'x' });
  });
});
