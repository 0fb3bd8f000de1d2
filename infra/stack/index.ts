/** The front door of the local stack. */

export { mainStackDir, serverEnv, testStackDir, type ComponentName } from './layout.ts';
export { repositoryRoot, type Ports, type Say, type ServerEnv } from './layout.ts';
export { component, startStack, statusStack, stopStack } from './stack.ts';
export { type ComponentHandle, type ComponentStatus, type StackOptions } from './stack.ts';
export { expectSettings, externalServers, resolveServers, serverVariables } from './servers.ts';
export { withLock } from './lock.ts';
export { choosePorts } from './ports.ts';
export { brokerSettings } from './kafka.ts';
export { kafkaJars, runToEnd } from './downloads.ts';
export { versions } from './versions.ts';
