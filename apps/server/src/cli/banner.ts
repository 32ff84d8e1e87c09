import { version } from '../version.ts';

export interface BannerFacts {
  /** `http://…`, as a browser opens it. */
  readonly httpUrl: string;
  /** `ws://…`, as providers dial it. */
  readonly clientUrl: string;
  /** Where peers reach this node. */
  readonly peerUrl: string;
  readonly data: string;
  readonly cluster: string;
  readonly documents: number;
  /** Whether peers can be let in. */
  readonly hasSecret: boolean;
}

/** What a person reads when a node has started: what to open, how to connect, how to add a node. */
export function banner(facts: BannerFacts): string {
  const join = facts.hasSecret
    ? `--cluster ${facts.cluster} --join ${facts.peerUrl}, with the same secret`
    : 'restart with a secret: --secret-file FILE';
  return `
  Hearsay ${version}

  Open       ${facts.httpUrl}
  Documents  ${facts.documents} in ${facts.data}
  Add nodes  ${join}

  Connect:

    import * as Y from 'yjs'
    import { WebsocketProvider } from 'y-websocket'
    const doc = new Y.Doc()
    new WebsocketProvider('${facts.clientUrl}', 'my-document', doc)

`;
}
