// A process of its own that holds many sockets and tells its parent when the last of them has the end mark.
import { Buffer } from 'node:buffer';
import { WebSocket } from 'ws';
import { endMark, hocuspocus, yWebsocket } from './frames.ts';

const [port, documentName, dialectName, count] = process.argv.slice(2);
if (port === undefined || documentName === undefined || count === undefined)
  throw new Error('not for people');
const dialect = dialectName === 'Hocuspocus' ? hocuspocus : yWebsocket;
const mark = Buffer.from(endMark);
let open = 0;
let ended = 0;
let frames = 0;
let bytes = 0;

for (let i = 0; i < Number(count); i++) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${dialect.path(documentName)}`, {
    perMessageDeflate: false,
  });
  let greeted = false;
  socket.on('error', (error) => {
    throw error;
  });
  socket.on('open', () => {
    for (const frame of dialect.opening(documentName)) socket.send(frame);
  });
  socket.on('message', (data: Buffer) => {
    frames++;
    bytes += data.byteLength;
    if (!greeted) {
      const answer = dialect.answer(data);
      if (answer !== undefined) {
        socket.send(answer);
        greeted = true;
        if (++open === Number(count)) process.send?.({ type: 'ready' });
      }
    }
    if (data.includes(mark) && ++ended === Number(count)) process.send?.({ type: 'done', frames, bytes });
  });
}
