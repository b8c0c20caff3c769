/** Whether no code of another package can reach a field by its name: it is not exported, or the type that it belongs to is not. */
export function isHidden(owner: string, field: string): boolean {
  return !/^\p{Lu}/u.test(field) || !/^\p{Lu}/u.test(owner);
}
