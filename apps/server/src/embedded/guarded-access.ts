import type { Access } from '../access/access.ts';
import type { Log } from '../telemetry/log.ts';
import type { HearsayHooks } from './hooks.ts';

/** Rights as the node's keys say, less what the application takes away. */
export function guardAccess(access: Access, hooks: HearsayHooks, log: Log): Access {
  const { authorise, beforeUpdate } = hooks;
  const admit: Access['admit'] = async (interest, token) => {
    if (authorise !== undefined) return { isAdmitted: false, reason: 'replicas are not served here' };
    const admission = await access.admit(interest, token);
    // What replicas write is not shown to anybody before it is stored.
    return admission.isAdmitted && beforeUpdate !== undefined ? { ...admission, mayWrite: false } : admission;
  };
  if (authorise === undefined) return { ...access, admit };
  return {
    admit,
    async decide(id, token) {
      const decision = await access.decide(id, token);
      const { permission } = decision;
      if (permission === null) return decision;
      const refusal = { permission: null, reason: 'no right to this document' };
      try {
        const granted = await authorise({ ...id, token });
        if (granted === null) return refusal;
        const both = {
          read: permission.read && granted.read,
          write: permission.write && granted.write,
          presence: permission.presence && granted.presence,
        };
        return both.read ? { ...decision, permission: both } : refusal;
      } catch (error) {
        log.error({ err: error, ...id }, 'authorise failed: the login is refused');
        return refusal;
      }
    },
    async caller(token) {
      const caller = await access.caller(token);
      if ('refusal' in caller) return caller;
      const { mayAdminister, isOperator, name } = caller;
      return { mayRead: mayAdminister, mayList: () => false, mayAdminister, isOperator, name };
    },
  };
}
