export {
  createWebTransport,
  type WebSocketLike,
  type WebTransport,
  type WebTransportOptions,
} from './transport.ts';
