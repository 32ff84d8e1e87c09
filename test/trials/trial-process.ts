import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of the trials in a process of its own, which is told things and answers. */
export class TrialProcess<Command extends object | string, Answer extends { readonly type: string }> {
  readonly #child: ChildProcess;
  readonly #name: string;

  /** `name` is its file in this folder, without an ending. */
  constructor(
    name: string,
    { parameters = [], options = [] }: { parameters?: readonly string[]; options?: readonly string[] } = {},
  ) {
    this.#name = name;
    this.#child = fork(fileURLToPath(new URL(`${built}${name}.js`, import.meta.url)), parameters, {
      execArgv: [...options],
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  tell(command: Command): void {
    this.#child.send(command);
  }

  /** The next answer of a type; rejects when the process ends before. */
  answer<Type extends Answer['type']>(type: Type): Promise<Extract<Answer, { readonly type: Type }>> {
    const child = this.#child;
    const isIt = (answer: Answer): answer is Extract<Answer, { readonly type: Type }> => answer.type === type;
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void =>
        reject(new Error(`${this.#name} ended with ${code} before "${type}"`));
      const heard = (answer: Answer): void => {
        if (!isIt(answer)) return;
        child.off('message', heard);
        child.off('exit', ended);
        resolve(answer);
      };
      child.on('message', heard);
      child.once('exit', ended);
    });
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

/** Tests run from their sources; the processes that they start run what was built. */
const built = import.meta.url.endsWith('.ts') ? '../dist/trials/' : './';
