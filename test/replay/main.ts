import { Command } from 'commander';
import { replay } from './replay.ts';
import { readTrace } from './trace.ts';

const program = new Command('replay')
  .description(
    'Replays a real editing history on a cluster, through stock y-websocket providers, and compares the result.\n' +
      'Without --node it starts three nodes, cuts the link between two of them for a part of the history, kills one\n' +
      'with SIGKILL and restarts it.',
  )
  .option('--trace <file>', 'editing history, JSON or gzipped JSON (format: josephg/editing-traces)')
  .option('--node <url...>', 'use these running nodes (ws://host:port) instead, and leave the faults out')
  .option('--document <name>', 'name of the document', `replay-${Date.now().toString(36)}`)
  .action(async (options: { trace?: string; node?: string[]; document: string }) => {
    if (options.trace === undefined) {
      console.error('No history given. Say which one to replay: npx --yes pnpm@10 replay --trace FILE');
      process.exitCode = 2;
      return;
    }
    const trace = await readTrace(options.trace);
    const equal = await replay({ trace, nodes: options.node ?? [], documentName: options.document });
    process.exitCode = equal ? 0 : 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
