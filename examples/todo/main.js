import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const doc = new Y.Doc();
new WebsocketProvider(globalThis.hearsayUrl, 'to-do', doc);
// One map for each item, so that two who change different things about one item both get their way.
const items = doc.getMap('items');

const [form, what, list] = ['#add', '#what', '#list'].map((selector) => document.querySelector(selector));

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (what.value.trim() === '') return;
  const item = new Y.Map(Object.entries({ what: what.value.trim(), done: false, at: Date.now() }));
  items.set(crypto.randomUUID(), item);
  what.value = '';
});

function show() {
  const sorted = [...items].sort(([, a], [, b]) => a.get('at') - b.get('at'));
  list.replaceChildren(
    ...sorted.map(([id, item]) => {
      const row = document.createElement('li');
      row.className = item.get('done') ? 'done' : '';
      const box = Object.assign(document.createElement('input'), {
        type: 'checkbox',
        checked: item.get('done'),
      });
      box.addEventListener('change', () => item.set('done', box.checked));
      const text = Object.assign(document.createElement('span'), { textContent: item.get('what') });
      const remove = Object.assign(document.createElement('button'), { textContent: 'Remove' });
      remove.addEventListener('click', () => items.delete(id));
      row.append(box, text, remove);
      return row;
    }),
  );
}

items.observeDeep(show);
