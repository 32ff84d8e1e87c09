import { nodeStoreContract } from './contract.ts';
import { memoryNodes } from './memory-nodes.ts';

nodeStoreContract('memory', { create: async () => memoryNodes() });
