import { isRemark } from './remarks.ts';

const repository = 'https://github.com/goleash/goleash';

/** Where a rule's page is read: the generated README beside its fixtures; remarks on comments have a section of the main one. */
export function pageUrl(rule: string): string {
  return isRemark(rule) ? `${repository}#ignore-a-finding` : `${repository}/blob/main/fixtures/${rule}/README.md`;
}
