import { Parser, Tree } from 'web-tree-sitter';

/** Trees that parsing made and has not given back. */
export interface TreeCount { made: number; deleted: number }

/** Counts from now on, in the library itself, so that no tree can be kept unseen. */
export function countTrees(): TreeCount {
  const count = { made: 0, deleted: 0 };
  const parse = Reflect.get(Parser.prototype, 'parse');
  Parser.prototype.parse = function counted(...args) {
    const tree = parse.apply(this, args);
    if (tree) count.made += 1;
    return tree;
  };
  const remove = Reflect.get(Tree.prototype, 'delete');
  Tree.prototype.delete = function counted() {
    count.deleted += 1;
    remove.call(this);
  };
  return count;
}
