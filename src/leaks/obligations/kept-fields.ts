import { childrenOf, walk, type Expr, type Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import { isHidden } from '../is-hidden.ts';
import { isSingleton, teardownsOf, type Teardown } from '../teardown.ts';
import { isSimple, type Acquisition } from './acquisitions.ts';
import type { Loss } from './loss.ts';
import type { Obligation } from './obligation.ts';
import { fieldAt, putsOf } from './puts.ts';
import type { Field, Uses } from './uses.ts';

/** Things that are kept in fields of objects that are ended without them. */
export class KeptFields {
  readonly #pkg: GoPackage;
  readonly #uses: Uses;
  readonly #endings = new Map<string, Teardown | null>();

  constructor(pkg: GoPackage, uses: Uses) {
    this.#pkg = pkg;
    this.#uses = uses;
  }

  /** The loss where something is put into a field that nobody outside of the package reaches, whose owner is ended, and out of which nobody ever takes it to give it back. */
  judge(acquisition: Acquisition): Loss | undefined {
    const { obligation, targets } = acquisition;
    if (obligation.rule !== 'unclosed-resource' || obligation.guessed) return undefined;
    const kept = targets[obligation.result];
    const field = kept && this.#fieldOf(kept, acquisition);
    if (!field || !isHidden(field.owner, field.name)) return undefined;
    const ending = this.#endingOf(field.owner);
    if (!ending || ending.decl === acquisition.decl || this.#isGivenBack(field, obligation)) return undefined;
    return { ...acquisition, how: 'forgotten', kept, ending, variable: null, lost: null, user: null, releasedElsewhere: false, escapesElsewhere: false };
  }

  /** The field that a thing is put into: at once, or out of the variable that is used for nothing else but that. */
  #fieldOf(target: Expr, { stmt, func, obligation }: Acquisition): Field | undefined {
    if (stmt.kind === 'KeyValueExpr') return fieldAt(this.#pkg, stmt);
    if (target.kind === 'SelectorExpr') return fieldAt(this.#pkg, target);
    const variable = target.kind === 'Ident' ? this.#pkg.objectOf(target) : undefined;
    if (variable?.kind !== 'var' || variable.role === 'package' || variable.func !== func || !func.body) return undefined;
    const puts = putsOf(this.#pkg, func.body, variable);
    const [put] = puts;
    const path = obligation.released.kind === 'method' ? obligation.released.path : null;
    if (!put || puts.length !== 1 || path !== null) return undefined;
    // Whoever else has it, or gives it back, is trusted; so is the function itself, where it does so on a way that is not one of failure.
    return this.#isLetGoBeside(put, variable, func.body, obligation) ? undefined : fieldAt(this.#pkg, put);
  }

  #isLetGoBeside(put: Node, variable: VarObj, body: Node, obligation: Obligation): boolean {
    const holder = { variable, path: null };
    let isLetGo = false;
    const visit = (node: Node, fails: boolean): void => {
      if (isLetGo) return;
      const isWhole = isSimple(node) || node.kind === 'ReturnStmt';
      const holds = node.pos <= put.pos && put.end <= node.end;
      if (isWhole && !holds) {
        const effect = this.#uses.effectOf(node, holder, obligation);
        isLetGo = effect === 'escaped' || (effect === 'released' && (!fails || node.kind === 'DeferStmt'));
        return;
      }
      // `s := &Server{db: db, all: wrap(db)}`
      if (isWhole && namesIn(this.#pkg, node, variable) > 1) isLetGo = true;
      for (const child of childrenOf(node)) visit(child, fails || (node.kind === 'IfStmt' && child === node.body));
    };
    visit(body, false);
    return isLetGo;
  }

  /** Whether any code of the package gives back what is in a field, or lets others have it. */
  #isGivenBack(field: Field, obligation: Obligation): boolean {
    for (const { decl } of this.#pkg.mentioning(field.name)) {
      if (decl.body && this.#uses.effectOf(decl.body, field, obligation) !== 'none') return true;
    }
    return false;
  }

  /** What ends the objects of a type, where they do not live as long as the process. */
  #endingOf(owner: string): Teardown | null {
    const known = this.#endings.get(owner);
    if (known !== undefined) return known;
    const ending = teardownsOf(this.#pkg, owner).find(({ kind, isOfFailure }) => kind === 'ends' && !isOfFailure) ?? null;
    const found = ending && isSingleton(this.#pkg, owner) ? null : ending;
    this.#endings.set(owner, found);
    return found;
  }
}

function namesIn(pkg: GoPackage, node: Node, variable: VarObj): number {
  let count = 0;
  walk(node, (one) => {
    if (one.kind === 'Ident' && pkg.objectOf(one) === variable) count += 1;
    return undefined;
  });
  return count;
}
