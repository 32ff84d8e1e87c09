export { createSecretAuthenticator, type SecretError } from './secret-authenticator.ts';
export {
  createWebSocketTransport,
  peerPath,
  peerSubprotocol,
  type WebSocketTransport,
  type WebSocketTransportOptions,
} from './transport.ts';
