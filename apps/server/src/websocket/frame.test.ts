import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { webSocketFrame } from './frame.ts';

describe('prepared frames', () => {
  test.each([0, 1, 125, 126, 65_535, 65_536, 200_000])(
    'A16: a frame of %i bytes arrives as one binary message',
    async (size) => {
      const payload = Uint8Array.from({ length: size }, (_, index) => index % 251);
      const sockets = new WebSocketServer({ noServer: true });
      const server = createServer();
      server.on('upgrade', (request, socket, head) => {
        sockets.handleUpgrade(request, socket, head, () => socket.write(webSocketFrame(payload)));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const received = await new Promise<{ data: Buffer; binary: boolean }>((resolve, reject) => {
        client.on('message', (data: Buffer, binary: boolean) => resolve({ data, binary }));
        client.on('error', reject);
      });
      client.terminate();
      server.close();
      expect(received.binary).toBe(true);
      expect(Buffer.compare(received.data, payload)).toBe(0);
    },
  );
});
