import { defaultRepairConfig, type RepairConfig } from './anti-entropy/config.ts';
import { type ContentsConfig, defaultContentsConfig } from './contents/config.ts';
import { type DocumentsConfig, defaultDocumentsConfig } from './documents/config.ts';
import { defaultMailConfig, type MailConfig } from './mail/config.ts';
import { defaultMembershipConfig, type MembershipConfig } from './membership/config.ts';
import { defaultPartnerConfig, type PartnerConfig } from './partners/config.ts';
import { defaultPeersConfig, type PeersConfig } from './peers/config.ts';
import { defaultPresenceConfig, type PresenceConfig } from './presence/config.ts';
import { defaultRumourConfig, type RumourConfig } from './rumour/config.ts';
import { defaultSpreadingConfig, type SpreadingConfig } from './spreading/config.ts';
import { defaultViewsConfig, type ViewsConfig } from './views/config.ts';

/** Everything about the engine that can be set, by part. */
export interface EngineConfig {
  /**
   * Who is on the other end of the links. `members`: of one cluster, which knows its members, mails them and spreads rumours
   * among them. `guest`: a node on one side, a replica that is no member on the other: mail and repair alone.
   */
  readonly among: 'members' | 'guest';
  /** Configured; empty when not. */
  readonly region: string;
  readonly peers: PeersConfig;
  readonly mail: MailConfig;
  readonly documents: DocumentsConfig;
  readonly antiEntropy: RepairConfig;
  readonly contents: ContentsConfig;
  readonly presence: PresenceConfig;
  readonly partners: PartnerConfig;
  readonly membership: MembershipConfig;
  readonly views: ViewsConfig;
  readonly rumour: RumourConfig;
  readonly spreading: SpreadingConfig;
}

/** Some of the settings; the rest are defaults. */
export type EngineOptions = {
  readonly [Part in keyof EngineConfig]?: EngineConfig[Part] extends string
    ? EngineConfig[Part]
    : Partial<EngineConfig[Part]>;
};

export function engineConfig(options: EngineOptions): EngineConfig {
  return {
    among: options.among ?? 'members',
    region: options.region ?? '',
    peers: { ...defaultPeersConfig, ...options.peers },
    mail: { ...defaultMailConfig, ...options.mail },
    documents: { ...defaultDocumentsConfig, ...options.documents },
    antiEntropy: { ...defaultRepairConfig, ...options.antiEntropy },
    contents: { ...defaultContentsConfig, ...options.contents },
    presence: { ...defaultPresenceConfig, ...options.presence },
    partners: { ...defaultPartnerConfig, ...options.partners },
    membership: { ...defaultMembershipConfig, ...options.membership },
    views: { ...defaultViewsConfig, ...options.views },
    rumour: { ...defaultRumourConfig, ...options.rumour },
    spreading: { ...defaultSpreadingConfig, ...options.spreading },
  };
}
