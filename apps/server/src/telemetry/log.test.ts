import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createLog, droppedLines, type LogOptions } from './log.ts';

function logged(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLog>) => void): string {
  let text = '';
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  write(createLog({ level: 'info', format: 'json', output, ...options }));
  return text;
}

describe('log', () => {
  test('A7: machines get one JSON object a line', () => {
    const line = logged({}, (log) => log.info({ port: 1 }, 'listening'));
    expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'listening', port: 1 });
    expect(line.endsWith('}\n')).toBe(true);
  });

  test('A7: people get time, level, message and details', () => {
    const line = logged({ format: 'pretty' }, (log) => log.warn({ peer: 'ws://a:1/peer' }, 'peer lost'));
    expect(line).toMatch(/^\d\d:\d\d:\d\d warn {2}peer lost peer=ws:\/\/a:1\/peer\n$/);
  });

  test('A7: what comes from outside cannot forge a line', () => {
    const name = 'a\n12:00:00 info all is well';
    expect(
      logged({ format: 'pretty' }, (log) => log.info({ name }, 'x'))
        .trim()
        .split('\n'),
    ).toHaveLength(1);
    expect(
      logged({}, (log) => log.info({ name }, 'x'))
        .trim()
        .split('\n'),
    ).toHaveLength(1);
  });

  test.each(['json', 'pretty'] as const)('A8: secrets are cut out of %s lines', (format) => {
    const canary = 'canary-4f1b';
    const text = logged({ format }, (log) => {
      log.info({ secret: canary, config: { secret: canary, token: canary } }, 'a');
      log.info({ request: { headers: { authorization: canary } } }, 'b');
    });
    expect(text).not.toContain(canary);
    expect(text).toContain('[secret]');
  });

  test('A9: a reader who does not read costs bounded memory, and learns how much was dropped', () => {
    const kept: string[] = [];
    let release: (() => void) | undefined;
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        kept.push(String(chunk));
        release = done;
      },
    });
    const log = createLog({ level: 'info', format: 'json', output });
    const line = 'x'.repeat(10_000);
    for (let i = 0; i < 1000; i++) log.info(line);
    expect(output.writableLength).toBeLessThan(1_100_000);
    while (output.writableLength > 0) release?.();
    log.info('after');
    while (output.writableLength > 0) release?.();
    expect(kept.join('')).toContain(`"dropped":${droppedLines(log)}`);
    expect(droppedLines(log)).toBeGreaterThan(800);
    expect(kept.join('')).toContain('after');
  });
});
