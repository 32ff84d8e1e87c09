import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type FailureCode, HearsayError } from '../failures.ts';

/** Binds the port and gives the one that was bound. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = bindFailures.get((error as NodeJS.ErrnoException).code ?? '');
    if (code === undefined) throw error;
    throw new HearsayError(code, `cannot listen on ${host}, port ${port}`, { cause: error });
  }
  return (app.server.address() as AddressInfo).port;
}

const bindFailures = new Map<string, FailureCode>([
  ['EADDRINUSE', 'PORT_IN_USE'],
  ['EACCES', 'PORT_FORBIDDEN'],
  ['EADDRNOTAVAIL', 'HOST_UNAVAILABLE'],
  ['ENOTFOUND', 'HOST_UNAVAILABLE'],
  ['EAI_AGAIN', 'HOST_UNAVAILABLE'],
]);
