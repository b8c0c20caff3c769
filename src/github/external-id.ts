import type { PullAddress } from './client.ts';

/** Of all our check runs. */
export const checkName = 'goleash';

/** What a check run is told apart by: GitHub names no pull request in the check events of forks and of merge groups. */
export function externalId({ number, groupBase }: Pick<PullAddress, 'number' | 'groupBase'>): string {
  return groupBase === undefined ? String(number) : `merge-group ${groupBase} ${number}`;
}

/** What an external id of ours says; null for one that is not ours. */
export function readExternalId(id: string | null): { readonly number: number; readonly groupBase: string | null } | null {
  const [, groupBase = null, number = '0'] = /^(?:merge-group ([0-9a-f]{40,64}) )?(\d{1,15})$/.exec(id ?? '') ?? [];
  return groupBase === null && Number(number) === 0 ? null : { number: Number(number), groupBase };
}
