import { EditorState } from '@codemirror/state';
import { basicSetup, EditorView } from 'codemirror';
import { yCollab } from 'y-codemirror.next';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const doc = new Y.Doc();
const provider = new WebsocketProvider(globalThis.hearsayUrl, 'code', doc);
const text = doc.getText('code');

const hue = Math.floor(Math.random() * 360);
provider.awareness.setLocalStateField('user', { name: 'somebody', color: `hsl(${hue} 70% 45%)` });

new EditorView({
  state: EditorState.create({ extensions: [basicSetup, yCollab(text, provider.awareness)] }),
  parent: document.querySelector('#editor'),
});
