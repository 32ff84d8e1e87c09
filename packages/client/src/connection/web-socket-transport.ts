import type { Transport, TransportEvents } from './transport.ts';

/** The part of a WebSocket that is used: of browsers, and of `ws`. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export type OpenWebSocket = (url: string) => WebSocketLike;

/** One binary message a frame. */
export function openWebSocketTransport(open: OpenWebSocket, url: string, events: TransportEvents): Transport {
  const socket = open(webSocketUrl(url));
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }: { readonly data: unknown }) => {
    // Text is not part of the protocol.
    if (data instanceof ArrayBuffer) events.frame(new Uint8Array(data));
  };
  // An error is followed by a close.
  socket.onerror = () => {};
  socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) =>
    events.closed(code, reason);
  return {
    get waitingBytes() {
      return socket.bufferedAmount;
    },
    send: (frame) => {
      if (socket.readyState === openState) socket.send(Uint8Array.from(frame));
    },
    close: () => {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close(1000);
    },
  };
}

/** The address for WebSockets of a server named by `http:` or `https:` too. */
function webSocketUrl(url: string): string {
  return url.replace(/^http/, 'ws');
}

const openState = 1;
