/** What the stack knows of one server: how to prepare it, start it, and ask if it answers. */

import { type ComponentName, type Ports, type Say } from './layout.ts';
import { type ServerCommand } from './process.ts';

export type Context = { readonly dir: string; readonly ports: Ports; readonly say: Say };

export type Component = {
  readonly name: ComponentName;
  /** As a reader knows it, with its version. */
  readonly title: string;
  /** How a person stops it politely. */
  readonly stopSignal: NodeJS.Signals;
  /** Fetches and formats what is missing, and says how to start the server. */
  readonly prepare: (context: Context) => Promise<ServerCommand>;
  /** Resolves when a client is served; rejects as long as none is. */
  readonly probe: (context: Context) => Promise<void>;
  /** The first steps after the server answers, such as databases; done on each start. */
  readonly settle: (context: Context) => Promise<void>;
};
