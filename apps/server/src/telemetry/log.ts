import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogFormat, LogLevel } from '../config/config.ts';
import { prettyLine } from './pretty.ts';

export type Log = Logger;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where lines go: standard error, so that standard output is what a person asked for. */
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** JSON lines for machines, short lines for people. Whatever is secret by name is cut out by its type of field. */
export function createLog({ level, format, output }: LogOptions): Log {
  const pretty = format === 'pretty' || (format === 'auto' && output.isTTY === true);
  const bounded = new BoundedOutput(output);
  const destination: DestinationStream = pretty
    ? { write: (line) => bounded.write(prettyLine(line, output.isTTY === true)) }
    : bounded;
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['secret', '*.secret', 'token', '*.token', 'headers', '*.headers'],
        censor: '[secret]',
      },
    },
    destination,
  );
  outputs.set(log, bounded);
  return log;
}

/** Lines of a log of {@link createLog}'s that were dropped because nobody read. */
export function droppedLines(log: Log): number {
  return outputs.get(log)?.dropped ?? 0;
}

/** Lines waiting in memory for a reader who does not read are bounded; service goes on, lines are dropped and counted. */
class BoundedOutput implements DestinationStream {
  dropped = 0;
  readonly #output: NodeJS.WritableStream;
  #untold = 0;

  constructor(output: NodeJS.WritableStream) {
    this.#output = output;
  }

  write(line: string): void {
    if ((this.#output as NodeJS.WriteStream).writableLength > maxBufferedBytes) {
      this.dropped++;
      this.#untold++;
      return;
    }
    if (this.#untold > 0) {
      const told = { level: 'warn', msg: 'log lines were dropped', dropped: this.#untold };
      this.#output.write(`${JSON.stringify(told)}\n`);
      this.#untold = 0;
    }
    this.#output.write(line);
  }
}

const outputs = new WeakMap<Log, BoundedOutput>();

const maxBufferedBytes = 1_048_576;
