import { runCli } from './cli/program.ts';

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

process.exitCode = await runCli({
  arguments: process.argv.slice(2),
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stop.signal,
});
