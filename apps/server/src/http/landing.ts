import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

const style =
  'body{font:16px/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}pre{background:#8882;padding:1rem;overflow:auto}';

/** Lets the page's own style through the content security policy, and no other. */
export const landingStyleHash: string = `sha256-${createHash('sha256').update(style).digest('base64')}`;

/** `GET /`: what listens here, for a person who opens the address in a browser. */
export function landingRoute(app: FastifyInstance): void {
  app.get('/', async (request, reply) => {
    // The Host header has passed the allow-list's strict pattern, so it holds no markup.
    return reply
      .type('text/html; charset=utf-8')
      .send(page(`${request.protocol === 'https' ? 'wss' : 'ws'}://${request.headers.host}`));
  });
}

function page(url: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Hearsay</title><style>${style}</style>
<h1>Hearsay</h1>
<p>A node of a replicated store of Yjs documents runs here. Connect with any Yjs WebSocket provider:</p>
<pre>import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'

const doc = new Y.Doc()
new WebsocketProvider('${url}', 'my-document', doc)</pre>
<p><a href="/api/status">status</a> · <a href="/api/documents">documents</a> · <a href="/metrics">metrics</a></p>
</html>
`;
}
