import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FloodCommand, FloodKind, FloodReport } from './flood-messages.ts';

/** One flood, in a process of its own that yields to all others. */
export class Flood {
  readonly #process: ChildProcess = fork(program, [], { execArgv: [] });

  constructor(kind: FloodKind, url: string, secret: string) {
    this.#say({ type: 'begin', kind, url, secret });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async report(): Promise<FloodReport> {
    this.#say({ type: 'report' });
    const [report] = (await once(this.#process, 'message')) as [FloodReport];
    return report;
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }

  #say(command: FloodCommand): void {
    this.#process.send(command);
  }
}

/** Tests run from their sources; the processes that they start run what was built. */
const program = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/trials/flood/flood-process.js' : './flood-process.js',
    import.meta.url,
  ),
);
