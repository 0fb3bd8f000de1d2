/** The front door of the local stack. */

export { mainStackDir, testStackDir, type ComponentName, type Ports } from './layout.ts';
export { repositoryRoot, type Say, type ServerEnv } from './layout.ts';
export { component, startStack, statusStack, stopStack } from './stack.ts';
export { type ComponentHandle, type ComponentStatus, type StackOptions } from './stack.ts';
export { externalServers, resolveServers, serverVariables } from './servers.ts';
export { versions } from './versions.ts';
