import { defaultsOf, type Settings } from '../settings.ts';

/** How members are probed, suspected, told about and remembered; see {@link membershipSettings}. */
export interface MembershipConfig {
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly indirectProbes: number;
  readonly unlinkedProbeIntervalMs: number;
  readonly suspicionMultiplier: number;
  readonly suspicionMaxFactor: number;
  readonly slowSuspicionFactor: number;
  readonly slowMemoryMs: number;
  readonly maxHealthScore: number;
  readonly lagToleranceMs: number | null;
  readonly nacks: boolean;
  readonly buddy: boolean;
  readonly gossipIntervalMs: number;
  readonly gossipFanOut: number;
  readonly retransmitMultiplier: number;
  readonly maxClaimsPerMessage: number;
  readonly exchangeIntervalMs: number;
  readonly linkCompareMs: number;
  readonly reconnectIntervalMs: number;
  readonly deadMemoryMs: number;
  readonly joinRetryMs: number;
  readonly joinRetryMaxMs: number;
  readonly maxMembers: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const membershipSettings: Settings<MembershipConfig> = {
  probeIntervalMs: {
    default: 1000,
    unit: 'milliseconds',
    formula:
      'one member is probed in each interval times (health score + 1); a dead one is first probed after 1.58 intervals on average, 2n - 1 at most',
    tradeOff: 'longer: less traffic, later detection',
    origin: 'memberlist, LAN',
  },
  probeTimeoutMs: {
    default: 500,
    unit: 'milliseconds',
    formula: 'times (health score + 1), then others are asked to probe',
    tradeOff: 'above the slowest usual round trip, else indirect probes are sent for nothing',
    origin: 'memberlist, LAN (0.5 s; 3 s over a WAN with an interval of 5 s)',
  },
  indirectProbes: {
    default: 3,
    unit: 'relays',
    formula: 'asked at once when a direct probe goes unanswered',
    tradeOff: 'more: fewer false suspicions over lossy links, more messages for each dead member',
    origin: 'SWIM; memberlist',
  },
  unlinkedProbeIntervalMs: {
    default: 30_000,
    unit: 'milliseconds',
    formula: 'at most one member without a link is probed so often, by dialling it and through relays',
    tradeOff: 'longer: fewer short-lived links; members all of whose neighbours died are found later',
    origin: 'as often as lists are exchanged; needed where views are partial',
  },
  suspicionMultiplier: {
    default: 4,
    unit: 'factor',
    formula: 'least time a suspect has: multiplier * max(1, log10 n) * probe interval (8 s at n = 100)',
    tradeOff: 'larger: fewer false deaths, later true ones',
    origin: 'memberlist, LAN',
  },
  suspicionMaxFactor: {
    default: 6,
    unit: 'factor',
    formula:
      'a fresh suspicion lasts so many times the least; c of k = multiplier - 2 confirmations leave max - (max - min) * log(c + 1) / log(k + 1)',
    tradeOff: 'larger: a sick accuser does less harm; a lone one takes longer. 1 is SWIM without Lifeguard',
    origin: 'Lifeguard (arXiv 1707.00788); memberlist',
  },
  slowSuspicionFactor: {
    default: 3,
    unit: 'factor',
    formula:
      'a suspicion of a member that says that it is slow lasts so many times as long; it says so once it was late by more than the probe timeout',
    tradeOff:
      'larger: a node short of processor time is given up less often; it is found later when it dies while it is so',
    origin: 'with 1 % of a core a pause of 40 ms of processor time lasts 4 s, a whole suspicion among three',
  },
  slowMemoryMs: {
    default: 60_000,
    unit: 'milliseconds',
    formula: 'a slow node says that it is not any more once it has not been late for so long',
    tradeOff: 'longer: fewer changes of mind, each of which is news to everybody',
    origin: 'twice the interval in which lists are exchanged',
  },
  maxHealthScore: {
    default: 7,
    unit: 'points',
    formula:
      'score: -1 for an answered probe, +1 for an unanswered one or + missing nacks, +1 for having to refute, + by event-loop lag',
    tradeOff: 'larger: a sick node slows down more before it accuses; 0 switches the score off',
    origin: 'Lifeguard; memberlist 0 to 7',
  },
  lagToleranceMs: {
    default: 150,
    isNullable: true,
    unit: 'milliseconds, null for no tolerance',
    formula:
      'a timer later than this adds one point per tolerance passed (3 at most) and is put off by the probe timeout, three times at most, since the answer may be waiting to be read',
    tradeOff: 'smaller: doubts itself sooner; garbage collection takes tens of milliseconds',
    origin: 'guess; consul#1212 and others flap under CPU starvation',
  },
  nacks: {
    default: true,
    unit: 'boolean',
    formula: 'a relay that gets no answer in 80 % of the probe timeout says so',
    tradeOff: 'a few messages for each failed probe, against blaming others for a bad link of one’s own',
    origin: 'Lifeguard',
  },
  buddy: {
    default: true,
    unit: 'boolean',
    formula: 'a suspect is told of the suspicion first, and again by every probe of it',
    tradeOff: 'a message for each suspicion, for faster refutation',
    origin: 'Lifeguard',
  },
  gossipIntervalMs: {
    default: 200,
    unit: 'milliseconds',
    formula: 'between messages of news while there is any',
    tradeOff: 'longer: later knowledge everywhere, fewer messages',
    origin: 'memberlist, LAN',
  },
  gossipFanOut: {
    default: 3,
    unit: 'peers each interval',
    formula: 'news reaches n members in about log(fanOut + 1) of n intervals',
    tradeOff: 'larger: faster, more duplicates',
    origin: 'memberlist, LAN',
  },
  retransmitMultiplier: {
    default: 4,
    unit: 'factor',
    formula:
      'each piece of news is sent multiplier * ceil(log10(n + 1)) times by every member (12 at n = 100)',
    tradeOff: 'larger: reaches everybody over lossier links',
    origin: 'memberlist',
  },
  maxClaimsPerMessage: {
    default: 16,
    unit: 'claims',
    formula: 'least often sent first',
    tradeOff: 'larger: more news in each probe',
    origin: 'about the 1400 bytes of a memberlist packet',
  },
  exchangeIntervalMs: {
    default: 30_000,
    unit: 'milliseconds',
    formula: 'digests of the list are compared with one peer; above 32 members times (ceil(log2 n - 5) + 1)',
    tradeOff: 'longer: lists that missed news differ for longer',
    origin: 'memberlist, LAN; there whole lists are sent each time',
  },
  linkCompareMs: {
    default: 5000,
    unit: 'milliseconds',
    formula:
      'a new link leads to a comparison of lists unless there was one within this time, times ceil(log2 n - 5): 0 up to 32 members',
    tradeOff:
      'shorter: lists are equal sooner while many join; large clusters open links all the time, each of which would cost kilobytes',
    origin: 'custom; of 400 nodes that join within 8 s half of all bytes were lists',
  },
  reconnectIntervalMs: {
    default: 30_000,
    unit: 'milliseconds',
    formula: 'one of the dead is dialled so often, so that healed partitions find together',
    tradeOff: 'shorter: sooner together, more vain attempts',
    origin: 'Serf',
  },
  deadMemoryMs: {
    default: 86_400_000,
    unit: 'milliseconds',
    formula: 'the dead and the left are remembered and not revived by old news; the dead are dialled so long',
    tradeOff: 'longer: a member cut off for longer is found again without seeds',
    origin: 'Serf (24 h)',
  },
  joinRetryMs: {
    default: 1000,
    unit: 'milliseconds',
    formula:
      'first pause between attempts to find a first peer, doubled each time, drawn from its upper half',
    tradeOff: 'shorter: joins sooner after seeds come up',
    origin: 'custom',
  },
  joinRetryMaxMs: {
    default: 30_000,
    unit: 'milliseconds',
    formula: 'longest pause between attempts to find a first peer',
    tradeOff: 'longer: less noise, later joins',
    origin: 'as often as the dead are dialled',
  },
  maxMembers: {
    default: 20_000,
    unit: 'members, the remembered dead included',
    formula: 'claims about more are refused and told',
    tradeOff: 'memory against a flood of invented members',
    origin: 'twice the size the design aims at',
  },
};

export const defaultMembershipConfig: MembershipConfig = defaultsOf(membershipSettings);

/** SWIM as published in 2002: the same probes and suspicion, with none of Lifeguard's parts. */
export function withoutLifeguard(config: MembershipConfig): MembershipConfig {
  return {
    ...config,
    suspicionMaxFactor: 1,
    slowSuspicionFactor: 1,
    maxHealthScore: 0,
    lagToleranceMs: null,
    nacks: false,
    buddy: false,
  };
}
