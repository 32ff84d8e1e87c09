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
  const bounded = boundedOutput(output);
  const destination: DestinationStream = pretty
    ? { write: (line) => bounded.write(prettyLine(line, output.isTTY === true)) }
    : bounded;
  return pino(
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
}

/** Lines waiting in memory for a reader who does not read are bounded; service goes on, lines are dropped and counted. */
function boundedOutput(output: NodeJS.WritableStream): DestinationStream {
  let dropped = 0;
  return {
    write: (line) => {
      if ((output as NodeJS.WriteStream).writableLength > maxBufferedBytes) {
        dropped++;
        return;
      }
      if (dropped > 0) {
        output.write(`${JSON.stringify({ level: 'warn', msg: 'log lines were dropped', dropped })}\n`);
        dropped = 0;
      }
      output.write(line);
    },
  };
}

const maxBufferedBytes = 1_048_576;
