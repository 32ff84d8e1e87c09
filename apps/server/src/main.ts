import { runCli } from './cli/program.ts';

const flushMs = 1000;
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // Asked twice, somebody does not want to wait.
    if (stop.signal.aborted) process.exit(130);
    stop.abort(signal);
  });
}
// A reader who has gone away is not a reason to end a node.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// All that is made is for its owner alone.
process.umask(0o077);

process.exitCode = await runCli({
  arguments: process.argv.slice(2),
  environment: process.env,
  // Opened by whoever asks: a node does without.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stop.signal,
});

// What is still to be printed has a moment; a log that nobody reads does not keep a node that has ended.
if (process.argv[2] === 'serve') setTimeout(() => process.exit(), flushMs).unref();
