import type { JoinTabs, TabGroup, TabId, TabListener, TabMessage } from './tab-group.ts';

interface Member {
  readonly id: TabId;
  readonly listener: TabListener;
  readonly watches: Set<TabId>;
}

/**
 * Groups within one program: providers of the same document in Node, and in pages that may not use Web Locks, which
 * browsers give to secure origins alone. The eldest leads.
 */
export function createSameProgramTabs(): JoinTabs {
  const groups = new Map<string, Member[]>();
  return (group, id, listener) => {
    const members = groups.get(group) ?? [];
    groups.set(group, members);
    const member: Member = { id, listener, watches: new Set() };
    members.push(member);
    // Never within the call: as between tabs.
    const later = (deliver: () => void): void => {
      Promise.resolve().then(deliver);
    };
    const present = (one: Member | undefined): one is Member => one !== undefined && members.includes(one);
    const elect = (): void => {
      const [eldest] = members;
      later(() => {
        if (present(eldest)) eldest.listener.lead();
      });
    };
    if (members.length === 1) elect();
    const tabs: TabGroup = {
      id,
      post: (message: TabMessage) => {
        for (const other of members) {
          if (other === member) continue;
          later(() => {
            if (present(other)) other.listener.message(id, message);
          });
        }
      },
      watch: (tab) => member.watches.add(tab),
      close: () => {
        const at = members.indexOf(member);
        if (at === -1) return;
        members.splice(at, 1);
        if (members.length === 0) groups.delete(group);
        for (const other of members) {
          if (other.watches.delete(id)) later(() => other.listener.gone(id));
        }
        if (at === 0 && members.length > 0) elect();
      },
    };
    return tabs;
  };
}
