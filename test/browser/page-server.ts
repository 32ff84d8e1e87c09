import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** Pages of one origin on the loopback address, each with one program. */
export interface PageServer {
  /** Address of the page that runs a program. */
  url(program: string): string;
  close(): Promise<void>;
}

/** Bundles programs of `pages/`, by their names without ending, as an application would, and serves a page for each. */
export async function servePages(...programs: readonly string[]): Promise<PageServer> {
  const bundles = new Map<string, string>();
  for (const program of programs) bundles.set(`/${program}.js`, await bundle(program));
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const script = bundles.get(path);
    if (script !== undefined) {
      response.setHeader('content-type', 'text/javascript').end(script);
    } else if (bundles.has(`${path}.js`)) {
      const page = `<!doctype html><title>${path}</title><script type="module" src="${path}.js"></script>`;
      response.setHeader('content-type', 'text/html').end(page);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the page server has no port');
  return {
    url: (program) => `http://127.0.0.1:${address.port}/${program}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** `.ts` in tests, `.js` where this is built. */
const ending = extname(import.meta.url);

/** From the sources, for browsers: whatever needs Node does not get in. */
async function bundle(program: string): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'warn',
    root: fileURLToPath(new URL('..', import.meta.url)),
    resolve: { conditions: ['hearsay-source', 'module', 'browser', 'production'] },
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL(`pages/${program}${ending}`, import.meta.url)), formats: ['es'] },
    },
  });
  const [result] = [output].flat();
  const chunk = result !== undefined && 'output' in result ? result.output[0] : undefined;
  if (chunk?.type !== 'chunk') throw new Error(`${program} could not be bundled`);
  return chunk.code;
}
