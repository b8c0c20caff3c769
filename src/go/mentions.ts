import { textOf, type File, type FuncDecl, type Spec } from './ast.ts';
import { identifiersIn, type Identifiers } from './identifiers.ts';
import { push } from './push.ts';

/** A declaration at the top of a file. */
export interface TopLevel {
  readonly file: File;
  readonly node: FuncDecl | Spec;
  /** The names it declares, a method's without its type. */
  readonly names: readonly string[];
}

/** Kept with the declarations, which packages share. */
const saidIn = new WeakMap<FuncDecl | Spec, Identifiers>();

/** Which declarations of some files mention which names: from their texts, so that nothing is parsed for it. */
export class Mentions {
  readonly all: readonly TopLevel[];
  /** Methods, which are named after a dot, and all others, which never are. */
  readonly #declared = { members: new Map<string, TopLevel[]>(), others: new Map<string, TopLevel[]>() };
  #users: Map<string, TopLevel[]> | undefined;

  constructor(files: readonly File[]) {
    this.all = files.flatMap((file) => [
      ...file.specs.map((node): TopLevel => ({ file, node, names: node.kind === 'TypeSpec' ? [node.name.name] : node.names.map(({ name }) => name) })),
      ...file.funcs.map((node): TopLevel => ({ file, node, names: [node.name.name] })),
    ]);
    for (const one of this.all) for (const name of one.names) push(this.#declared[isMethod(one) ? 'members' : 'others'], name, one);
  }

  /** The identifiers in a declaration. */
  said(one: Pick<TopLevel, 'node' | 'file'>): Identifiers {
    const known = saidIn.get(one.node);
    if (known) return known;
    const found = identifiersIn(textOf(one.file, one.node));
    saidIn.set(one.node, found);
    return found;
  }

  /** Whether a function mentions a name. */
  isIn(name: string, decl: FuncDecl, file: File): boolean {
    const { members, others } = this.said({ node: decl, file });
    return members.has(name) || others.has(name);
  }

  /** The declarations that mention a name. */
  of(name: string): readonly TopLevel[] {
    if (this.#users === undefined) {
      this.#users = new Map();
      for (const one of this.all) {
        const { members, others } = this.said(one);
        for (const said of new Set([...members, ...others])) push(this.#users, said, one);
      }
    }
    return this.#users.get(name) ?? [];
  }

  /** Some declarations with all that they mention, directly or through others, by name: whatever their code can come to is among it. */
  reachableFrom(isStart: (one: TopLevel) => boolean): ReadonlySet<TopLevel> {
    const reached = new Set(this.all.filter(isStart));
    for (const one of reached) {
      const said = this.said(one);
      for (const as of ['members', 'others'] as const) for (const name of said[as]) for (const mentioned of this.#declared[as].get(name) ?? []) reached.add(mentioned);
    }
    return reached;
  }
}

function isMethod({ node }: TopLevel): boolean {
  return node.kind === 'FuncDecl' && node.owner !== null;
}
