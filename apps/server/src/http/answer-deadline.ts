import type { FastifyInstance } from 'fastify';

const bounds = {
  /** Milliseconds for whatever is short. */
  leastMs: 30_000,
  /** Bytes of a long answer in a millisecond; the slowest line that is waited for. */
  bytesPerMs: 16,
} as const;

/**
 * An answer that is there whole is taken in time, or its connection is cut: it lies in memory until then. Streams are made as they are
 * taken.
 */
export function boundAnswers(
  app: FastifyInstance,
  { leastMs, bytesPerMs }: { readonly leastMs: number; readonly bytesPerMs: number } = bounds,
): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    const deadline = setTimeout(
      () => request.raw.socket.destroy(),
      leastMs + Buffer.byteLength(payload) / bytesPerMs,
    );
    deadline.unref();
    reply.raw.once('close', () => clearTimeout(deadline));
    return payload;
  });
}
