import { limits } from '@hearsay/core';
import { defaultsOf, type Settings } from '../settings.ts';

/** Every variant of rumour mongering in Demers et al. (1987) is one choice of these; see {@link rumourSettings}. */
export interface RumourConfig {
  readonly direction: 'push' | 'pull' | 'push-pull';
  readonly stopRule: 'feedback' | 'blind';
  readonly stopMethod: 'counter' | 'coin';
  readonly k: number;
  readonly resetOnUseful: boolean;
  readonly countAtCycleEnd: boolean;
  readonly minimisation: boolean;
  readonly fanOut: number;
  readonly connectionLimit: number | null;
  readonly huntLimit: number;
  readonly rememberHolders: number;
  readonly announceAboveBytes: number;
  readonly announceCooling: boolean;
  readonly intervalMs: number | null;
  readonly idleIntervalMs: number;
  readonly firstDelayMs: number;
  readonly jitter: number;
  readonly requestTimeoutMs: number;
  readonly maxRequests: number;
  readonly maxHot: number;
  readonly maxKnown: number;
  readonly maxMessageRumours: number;
  readonly maxMessageBytes: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const rumourSettings: Settings<RumourConfig> = {
  direction: {
    default: 'push-pull',
    values: ['push', 'pull', 'push-pull'],
    unit: 'push, pull or push-pull',
    formula:
      'push: a spreader calls and gives; pull: everybody calls and asks; push-pull: both in one conversation',
    tradeOff:
      'push costs nothing while nothing is hot, but leaves a residue of e^-m; pull leaves far less for the same traffic m and asks even when there is nothing',
    origin: 'Demers et al. 1987, section 1.4; Karp et al. 2000 for push-pull',
  },
  stopRule: {
    default: 'feedback',
    values: ['feedback', 'blind'],
    unit: 'feedback or blind',
    formula: 'feedback counts contacts that were of no use, blind counts all contacts',
    tradeOff: 'feedback stops where the rumour is already known; blind saves the answer',
    origin: 'Demers et al. 1987; feedback with counter is their best',
  },
  stopMethod: {
    default: 'counter',
    values: ['counter', 'coin'],
    unit: 'counter or coin',
    formula: 'counter: removed after k counted contacts; coin: after each with probability 1/k',
    tradeOff: 'a coin needs no state and has more variance, so more residue for the same traffic',
    origin: 'Demers et al. 1987',
  },
  k: {
    default: 3,
    unit: 'contacts',
    formula: 'push, feedback and counter: s = e^-(k+1)(1-s); measured s = 0.0106 at k = 3, traffic m = 4.5',
    tradeOff: 'larger k: smaller residue (about a factor e a step) for one more message a node',
    origin: 'Table 1; over views of degree 6 k = 2 leaves 1e-3 and k = 3 nothing in 100 runs of 100 nodes',
  },
  resetOnUseful: {
    default: true,
    unit: 'boolean',
    formula: 'a contact that was of use sets the counter back to 0',
    tradeOff: 'without it s(k = 2) is 0.048 instead of 0.037 at a little less traffic',
    origin: 'needed to reproduce Table 1',
  },
  countAtCycleEnd: {
    default: true,
    unit: 'boolean',
    formula:
      'pull: at the end of a cycle the counter moves once: to 0 if any asker needed the rumour, else up by one',
    tradeOff: 'false counts every asker and stops too early when many ask',
    origin: 'Demers et al. 1987, footnote to Table 3',
  },
  minimisation: {
    default: true,
    unit: 'boolean',
    formula: 'push-pull: when both ends spread a rumour only the smaller counter moves, on a tie both',
    tradeOff: 'smaller residue, more traffic than without',
    origin: 'Demers et al. 1987',
  },
  fanOut: {
    default: 2,
    unit: 'conversations a cycle',
    formula: 'rounds to reach n nodes: about log(1 + fanOut) of n',
    tradeOff: 'larger: faster, with more messages crossing each other',
    origin:
      'measured over 1,000 nodes of degree 6: 2.6 payloads a node and 0.5 s to the last; 1: 2.0 and 1.0 s; 3: 3.2 and 0.3 s',
  },
  connectionLimit: {
    default: null,
    min: 1,
    isNullable: true,
    unit: 'incoming conversations a cycle, null for none',
    formula:
      'a limit of 1 admits 1 - 1/e of the calls: push then leaves e^(-1.58 m), pull loses its advantage',
    tradeOff: 'bounds the work a node can be given in one cycle',
    origin: 'Demers et al. 1987; WebSockets have no such limit, so none',
  },
  huntLimit: {
    default: 0,
    unit: 'further partners',
    formula: 'a refused caller tries so many others in the same cycle',
    tradeOff: 'makes up for a connection limit at the price of refused calls',
    origin: 'Demers et al. 1987',
  },
  rememberHolders: {
    default: 16,
    min: 0,
    unit: 'peers per hot rumour',
    formula:
      'a rumour is not sent to peers known to have it, its sender and those it was sent to; a cycle in which nobody else was found counts as useless; 0: forget, as in the paper',
    tradeOff: 'saves duplicates where partners are few (partial views); memory per hot rumour',
    origin: 'above the size of an active view at 10,000 nodes',
  },
  announceAboveBytes: {
    default: 1024,
    min: 0,
    unit: 'bytes',
    formula: 'larger payloads are announced by id and sent once asked for',
    tradeOff: 'smaller: fewer duplicate bytes, two more hops of delay',
    origin: 'gossipsub 1.2 sends IDONTWANT above 512 B; ids cost about 50 B each way',
  },
  announceCooling: {
    default: true,
    unit: 'boolean',
    formula: 'counter: from the first useless contact after a useful one a rumour of any size is announced',
    tradeOff: 'saves duplicates where most know it already; the last nodes wait two hops longer',
    origin:
      'measured over 1,000 nodes of degree 6: 2.6 payloads a node instead of 3.4, the last one 15 % later',
  },
  intervalMs: {
    default: 100,
    unit: 'milliseconds, null when cycles are driven from outside',
    formula: 'length of a cycle while something is hot: delay of a spread is about cycles times this',
    tradeOff: 'longer: fuller messages and fewer of them, later delivery',
    origin: 'memberlist gossips every 100 to 200 ms',
  },
  idleIntervalMs: {
    default: 2000,
    unit: 'milliseconds',
    formula: 'between two pull requests of a node with nothing hot',
    tradeOff: 'longer: idle nodes cost less and hear later what pushes missed',
    origin: 'guess: a tenth of the repair interval',
  },
  firstDelayMs: {
    default: 5,
    unit: 'milliseconds',
    formula: 'from the first hot rumour of an idle node to its cycle',
    tradeOff: 'longer: more updates in one message, every hop later by as much',
    origin: 'the batching delay of IHAVE in iroh-gossip',
  },
  jitter: {
    default: 0.2,
    unit: 'share of the interval',
    formula: 'each interval is drawn from [1 - jitter/2, 1 + jitter/2]',
    tradeOff: 'keeps nodes from marching in step; none is lost',
    origin: 'custom',
  },
  requestTimeoutMs: {
    default: 2000,
    unit: 'milliseconds',
    formula: 'after so long an announced payload is asked of the next peer that announced it',
    tradeOff: 'shorter: duplicates over slow links; longer: later delivery when a peer fails',
    origin: 'Plumtree in Corrosion waits 1 s, gossipsub 3 s',
  },
  maxRequests: {
    default: 1024,
    unit: 'announced rumours asked for at a time',
    formula: 'announcements beyond are left to repair',
    tradeOff: 'memory against a flood of announcements',
    origin: 'bound every peer-fed collection: iroh-gossip#135',
  },
  maxHot: {
    default: 4096,
    unit: 'rumours',
    formula: 'beyond, the one longest hot is dropped, counted and left to repair',
    tradeOff: 'memory and message size against residue under load',
    origin: 'guess: eight full messages',
  },
  maxKnown: {
    default: 16_384,
    unit: 'rumour ids',
    formula: 'ids remembered after their rumour cooled; older ones are judged by the store',
    tradeOff: 'memory against bytes: a forgotten id costs a payload sent in vain',
    origin: 'four times maxHot',
  },
  maxMessageRumours: {
    default: limits.documentsPerMessage,
    unit: 'rumours',
    formula: 'the longest hot go first, the rest wait a cycle',
    tradeOff: 'larger: fewer messages, longer turns of the event loop',
    origin: 'the limit of peer messages',
  },
  maxMessageBytes: {
    default: 262_144,
    unit: 'bytes of payload',
    formula: 'the longest hot go first, the rest wait a cycle; one payload always fits',
    tradeOff: 'larger: fewer messages, longer blocking of the link for others',
    origin: 'a third of a second at 1 MB/s',
  },
};

/** What ships: push-pull, feedback and counter with k = 3, over bounded links. */
export const defaultRumourConfig: RumourConfig = defaultsOf(rumourSettings);
