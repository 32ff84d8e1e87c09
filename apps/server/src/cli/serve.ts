import { once } from 'node:events';
import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { addConfigFlags, flagSettings } from '../config/flags.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { HearsayError } from '../failures.ts';
import { type HearsayNode, startNode } from '../node.ts';
import { createLog } from '../telemetry/log.ts';
import { version } from '../version.ts';
import { banner } from './banner.ts';
import type { CliDeps } from './program.ts';

/** `hearsay serve`: runs a node until it is told to stop. */
export function serveCommand(deps: CliDeps): Command {
  const command = new Command('serve').description('Run a node.');
  return addConfigFlags(command).action(async (given: Record<string, unknown>) => {
    const file = given['config'] ?? deps.environment['HEARSAY_CONFIG'];
    const config = resolveConfig({
      flags: flagSettings(given),
      environment: deps.environment,
      file: typeof file === 'string' ? file : undefined,
    });
    await serve(config, deps);
  });
}

async function serve(config: Config, { stdout, stderr, stop }: CliDeps): Promise<void> {
  const log = createLog({ level: config.logLevel, format: config.logFormat, output: stderr });
  const node = await startNode(config, { log });
  if (config.logFormat !== 'json') stdout.write(describe(config, node));
  log.info({ version, port: node.port, peerUrl: node.peerUrl }, 'ready');
  const failed = await Promise.race([stopped(stop), node.failure]);
  log.info(failed === undefined ? { signal: String(stop.reason) } : { code: failed.code }, 'stopping');
  await node.stop();
  log.info('stopped');
  if (failed !== undefined) throw failed;
}

async function stopped(stop: AbortSignal): Promise<HearsayError | undefined> {
  if (!stop.aborted) await once(stop, 'abort');
  return undefined;
}

function describe(config: Config, node: HearsayNode): string {
  return banner({
    httpUrl: node.httpUrl,
    clientUrl: node.clientUrl,
    peerUrl: node.peerUrl,
    data: config.data,
    cluster: config.cluster,
    documents: node.store.status().documents,
    hasSecret: config.secret !== undefined,
  });
}
