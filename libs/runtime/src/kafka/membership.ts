import { type Cluster } from './cluster.ts';
import { type Api } from './lane.ts';
import { type Membership, type MembershipOptions } from './port.ts';
export const MEMBERSHIP_APIS: readonly Api[] = [];
export async function joinGroup(_cluster: Cluster, _options: MembershipOptions): Promise<Membership & { readonly stop: () => void }> {
  throw new Error('Pending.');
}
