import type { FastifyRequest } from 'fastify';
import type { Access, Caller } from '../access/access.ts';
import { bearerOf } from '../websocket/socket-request.ts';
import { HttpError } from './errors.ts';

/** Who calls, by the token of the `Authorization` header; throws an {@link HttpError} for a token that does not hold. */
export type Callers = (request: FastifyRequest) => Promise<Caller>;

export function createCallers(access: () => Pick<Access, 'caller'>): Callers {
  return async ({ headers }) => {
    const caller = await access().caller(bearerOf(headers.authorization));
    if (!('refusal' in caller)) return caller;
    throw new HttpError(caller.isTemporary ? 'NOT_READY' : 'UNAUTHORIZED', caller.refusal);
  };
}

export function requireRight(isGranted: boolean): void {
  if (!isGranted) throw new HttpError('FORBIDDEN', 'the token does not give this right');
}
