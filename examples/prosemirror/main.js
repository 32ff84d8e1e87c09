import 'prosemirror-view/style/prosemirror.css';
import 'prosemirror-menu/style/menu.css';
import { exampleSetup } from 'prosemirror-example-setup';
import { keymap } from 'prosemirror-keymap';
import { schema } from 'prosemirror-schema-basic';
import { EditorState } from 'prosemirror-state';
import { EditorView } from 'prosemirror-view';
import { redo, undo, yCursorPlugin, ySyncPlugin, yUndoPlugin } from 'y-prosemirror';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const doc = new Y.Doc();
const provider = new WebsocketProvider(globalThis.hearsayUrl, 'essay', doc);
const hue = Math.floor(Math.random() * 360);
provider.awareness.setLocalStateField('user', { name: 'somebody', color: `hsl(${hue} 70% 45%)` });

new EditorView(document.querySelector('#editor'), {
  state: EditorState.create({
    schema,
    plugins: [
      ySyncPlugin(doc.getXmlFragment('essay')),
      yCursorPlugin(provider.awareness),
      yUndoPlugin(),
      keymap({ 'Mod-z': undo, 'Mod-y': redo, 'Mod-Shift-z': redo }),
      // The history is that of yUndoPlugin: everybody takes back their own.
      ...exampleSetup({ schema, history: false }),
    ],
  }),
});
