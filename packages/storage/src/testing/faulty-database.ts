import type { Database } from '../database.ts';

export type FaultyOperation = 'open' | 'batch' | 'read';

/** Throws to make an operation fail: `before` it has had any effect, or `after` it has had all. May also wait. */
export interface Faults {
  before?(operation: FaultyOperation): void | Promise<void>;
  after?(operation: FaultyOperation): void | Promise<void>;
}

const operations: Readonly<Record<string, FaultyOperation>> = {
  open: 'open',
  batch: 'batch',
  get: 'read',
  getMany: 'read',
  iterator: 'read',
  keys: 'read',
};

/** The database with faults in it. Iterators fail at their first use. */
export function faultyDatabase(database: Database, faults: Faults): Database {
  return new Proxy(database, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      const operation = typeof property === 'string' ? operations[property] : undefined;
      if (operation === undefined) return member.bind(target);
      if (property === 'iterator' || property === 'keys') {
        return (...parameters: unknown[]) =>
          faultyIterator(Reflect.apply(member, target, parameters), faults);
      }
      const faulty = withFaults((parameters) => Reflect.apply(member, target, parameters), operation, faults);
      if (property !== 'batch') return faulty;
      return (...parameters: unknown[]) =>
        parameters.length > 0
          ? faulty(...parameters)
          : faultyChain(Reflect.apply(member, target, parameters), faults);
    },
  });
}

function withFaults(
  call: (parameters: unknown[]) => unknown,
  operation: FaultyOperation,
  faults: Faults,
): (...parameters: unknown[]) => Promise<unknown> {
  return async (...parameters) => {
    await faults.before?.(operation);
    const result: unknown = await call(parameters);
    await faults.after?.(operation);
    return result;
  };
}

/** A chained batch does nothing before it is written. */
function faultyChain(chain: object, faults: Faults): object {
  return new Proxy(chain, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      if (property !== 'write') return member.bind(target);
      return withFaults((parameters) => Reflect.apply(member, target, parameters), 'batch', faults);
    },
  });
}

function faultyIterator(iterator: object, faults: Faults): object {
  return new Proxy(iterator, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      if (property === 'all') {
        return async (...parameters: unknown[]) => {
          await faults.before?.('read');
          return Reflect.apply(member, target, parameters);
        };
      }
      if (property === Symbol.asyncIterator) {
        return async function* () {
          await faults.before?.('read');
          yield* Reflect.apply(member, target, []);
        };
      }
      return member.bind(target);
    },
  });
}

/** What LevelDB says through `classic-level` when the disk is full. */
export function diskFullError(): Error {
  return Object.assign(new Error('IO error: /db/000003.log: No space left on device'), {
    code: 'LEVEL_IO_ERROR',
  });
}

export function ioError(): Error {
  return Object.assign(new Error('IO error: /db/000003.log: Input/output error'), { code: 'LEVEL_IO_ERROR' });
}
