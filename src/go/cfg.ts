import type * as ast from './ast.ts';

/**
 * A function's control-flow graph.
 *
 *     for {                     head: jump body
 *       select {                body: nodes [ch], exit select ─┬─ case <-ch: …
 *       case <-ch: return                                      └─ default: …
 *       default:
 *       }
 *     }
 *
 * Unlike x/tools go/cfg, a select is one edge per case and no case's operation stands before the choice: the channel
 * operands (and values to send) are the nodes of the block that chooses, the case's `comm` is the first node of its target.
 * Conditions are kept on edges, split at `&&`, `||` and `!`.
 * Not modelled: panics out of calls and operators. Deferred calls are nodes where they are deferred; running them at the
 * exits is the business of whoever walks the graph.
 */
export interface Cfg {
  readonly entry: Block;
  /** All blocks, in the order they were made; `index` is the place in this list. */
  readonly blocks: readonly Block[];
}

export interface Block {
  readonly index: number;
  readonly nodes: readonly (ast.Stmt | ast.Expr)[];
  readonly exit: Exit;
}

export type Exit =
  | { readonly kind: 'jump'; readonly to: Block }
  | { readonly kind: 'branch'; readonly cond: ast.Expr; readonly then: Block; readonly else: Block }
  /** One value of a switch's case: taken when `tag == value`. The tag was a node before the first case. */
  | { readonly kind: 'case'; readonly tag: ast.Expr; readonly value: ast.Expr; readonly then: Block; readonly else: Block }
  | { readonly kind: 'typeSwitch'; readonly stmt: ast.TypeSwitchStmt; readonly cases: readonly Case<ast.CaseClause>[]; readonly otherwise: Block | null }
  | { readonly kind: 'select'; readonly stmt: ast.SelectStmt; readonly cases: readonly Case<ast.CommClause>[] }
  | { readonly kind: 'range'; readonly stmt: ast.RangeStmt; readonly body: Block; readonly done: Block }
  /** `stmt` is null where the function falls off its end. */
  | { readonly kind: 'return'; readonly stmt: ast.ReturnStmt | null }
  /** The last node's call does not return. */
  | { readonly kind: 'never' };

export interface Case<Clause> { readonly clause: Clause; readonly to: Block }

/** The blocks control may go to from a block. */
export function successors(block: Block): Block[] {
  const { exit } = block;
  switch (exit.kind) {
    case 'jump':
      return [exit.to];
    case 'branch':
    case 'case':
      return [exit.then, exit.else];
    case 'typeSwitch':
      return [...exit.cases.map((one) => one.to), ...(exit.otherwise ? [exit.otherwise] : [])];
    case 'select':
      return exit.cases.map((one) => one.to);
    case 'range':
      return [exit.body, exit.done];
    case 'return':
    case 'never':
      return [];
  }
}

/** The blocks that can be reached from one, itself included. */
export function reachableFrom(start: Block): Set<Block> {
  const seen = new Set([start]);
  const work = [start];
  for (let block = work.pop(); block; block = work.pop()) {
    for (const next of successors(block)) {
      if (!seen.has(next)) {
        seen.add(next);
        work.push(next);
      }
    }
  }
  return seen;
}

/** Builds the graph of a function body. `neverReturns` says which calls do not come back. */
export function buildCfg(body: ast.BlockStmt, neverReturns: (call: ast.CallExpr) => boolean): Cfg {
  const builder = new Builder(neverReturns);
  const entry = builder.current;
  builder.stmts(body.list);
  builder.finish({ kind: 'return', stmt: null });
  return { entry, blocks: builder.blocks };
}

/** A block under construction: its exit is set once. */
class OpenBlock implements Block {
  readonly index: number;
  readonly nodes: (ast.Stmt | ast.Expr)[] = [];
  exit: Exit = { kind: 'never' };
  closed = false;

  constructor(index: number) {
    this.index = index;
  }
}

/** Where `break` and `continue` go, and under which label. */
interface Target {
  /** Only `break L` leaves a plain block; an unlabelled break passes it by. */
  readonly kind: 'loop' | 'switch' | 'block';
  readonly label: string | null;
  readonly onBreak: OpenBlock;
  readonly onContinue: OpenBlock | null;
  readonly onFallthrough: OpenBlock | null;
}

class Builder {
  readonly blocks: OpenBlock[] = [];
  readonly #neverReturns: (call: ast.CallExpr) => boolean;
  readonly #targets: Target[] = [];
  readonly #labels = new Map<string, OpenBlock>();
  #pendingLabel: string | null = null;
  current: OpenBlock;

  constructor(neverReturns: (call: ast.CallExpr) => boolean) {
    this.#neverReturns = neverReturns;
    this.current = this.#block();
  }

  #block(): OpenBlock {
    const block = new OpenBlock(this.blocks.length);
    this.blocks.push(block);
    return block;
  }

  finish(exit: Exit): void {
    if (this.current.closed) return;
    this.current.exit = exit;
    this.current.closed = true;
  }

  #jump(to: OpenBlock): void {
    this.finish({ kind: 'jump', to });
  }

  /** Goes on in a block that only a jump can reach, if any. */
  #start(block: OpenBlock): void {
    this.current = block;
  }

  #add(node: ast.Stmt | ast.Expr): void {
    this.current.nodes.push(node);
  }

  stmts(list: readonly ast.Stmt[]): void {
    for (const stmt of list) this.stmt(stmt);
  }

  #labelled(name: string): OpenBlock {
    const known = this.#labels.get(name);
    if (known) return known;
    const block = this.#block();
    this.#labels.set(name, block);
    return block;
  }

  #endsIn(expr: ast.Expr): boolean {
    return expr.kind === 'CallExpr' && this.#neverReturns(expr);
  }

  stmt(stmt: ast.Stmt): void {
    const label = this.#pendingLabel;
    this.#pendingLabel = null;
    switch (stmt.kind) {
      case 'EmptyStmt':
        return;
      case 'BadStmt':
      case 'DeclStmt':
      case 'SendStmt':
      case 'IncDecStmt':
      case 'AssignStmt':
      case 'GoStmt':
      case 'DeferStmt':
        this.#add(stmt);
        return;
      case 'ExprStmt':
        this.#add(stmt);
        if (this.#endsIn(stmt.x)) {
          this.finish({ kind: 'never' });
          this.#start(this.#block());
        }
        return;
      case 'LabeledStmt': {
        const block = this.#labelled(stmt.label.name);
        this.#jump(block);
        this.#start(block);
        this.#pendingLabel = stmt.label.name;
        this.stmt(stmt.stmt);
        this.#pendingLabel = null;
        return;
      }
      case 'ReturnStmt':
        this.#add(stmt);
        // `return log.Fatal(err)`
        this.finish(stmt.results.some((result) => this.#endsIn(result)) ? { kind: 'never' } : { kind: 'return', stmt });
        this.#start(this.#block());
        return;
      case 'BranchStmt':
        this.#branch(stmt);
        return;
      case 'BlockStmt':
        this.#plainBlock(stmt, label);
        return;
      case 'IfStmt':
        this.#if(stmt);
        return;
      case 'SwitchStmt':
        this.#switch(stmt, label);
        return;
      case 'TypeSwitchStmt':
        this.#typeSwitch(stmt, label);
        return;
      case 'SelectStmt':
        this.#select(stmt, label);
        return;
      case 'ForStmt':
        this.#for(stmt, label);
        return;
      case 'RangeStmt':
        this.#range(stmt, label);
        return;
    }
  }

  #plainBlock(stmt: ast.BlockStmt, label: string | null): void {
    if (label === null) {
      this.stmts(stmt.list);
      return;
    }
    const done = this.#block();
    this.#push({ kind: 'block', label, onBreak: done, onContinue: null, onFallthrough: null }, () => this.stmts(stmt.list));
    this.#jump(done);
    this.#start(done);
  }

  #branch(stmt: ast.BranchStmt): void {
    this.#add(stmt);
    const to = this.#branchTarget(stmt);
    // A label that does not exist does not compile; the path simply ends.
    this.finish(to ? { kind: 'jump', to } : { kind: 'never' });
    this.#start(this.#block());
  }

  #branchTarget(stmt: ast.BranchStmt): OpenBlock | null {
    const name = stmt.label?.name ?? null;
    if (stmt.token === 'goto') return name === null ? null : this.#labelled(name);
    for (const target of this.#targets.toReversed()) {
      if (name === null ? target.kind === 'block' : target.label !== name) continue;
      if (stmt.token === 'break') return target.onBreak;
      if (stmt.token === 'continue' && target.onContinue) return target.onContinue;
      if (stmt.token === 'fallthrough' && target.onFallthrough) return target.onFallthrough;
    }
    return null;
  }

  #if(stmt: ast.IfStmt): void {
    if (stmt.init) this.stmt(stmt.init);
    const then = this.#block();
    const done = this.#block();
    const otherwise = stmt.else ? this.#block() : done;
    this.#cond(stmt.cond, then, otherwise);
    this.#start(then);
    this.stmts(stmt.body.list);
    this.#jump(done);
    if (stmt.else) {
      this.#start(otherwise);
      if (stmt.else.kind === 'IfStmt') this.#if(stmt.else);
      else this.stmts(stmt.else.list);
      this.#jump(done);
    }
    this.#start(done);
  }

  #cond(cond: ast.Expr, then: OpenBlock, otherwise: OpenBlock): void {
    if (cond.kind === 'BinaryExpr' && (cond.op === '&&' || cond.op === '||')) {
      const second = this.#block();
      if (cond.op === '&&') this.#cond(cond.x, second, otherwise);
      else this.#cond(cond.x, then, second);
      this.#start(second);
      this.#cond(cond.y, then, otherwise);
    } else if (cond.kind === 'UnaryExpr' && cond.op === '!') {
      this.#cond(cond.x, otherwise, then);
    } else {
      this.finish({ kind: 'branch', cond, then, else: otherwise });
    }
  }

  #push(target: Target, inside: () => void): void {
    this.#targets.push(target);
    inside();
    this.#targets.pop();
  }

  #pushSwitch(label: string | null, done: OpenBlock, onFallthrough: OpenBlock | null, inside: () => void): void {
    this.#push({ kind: 'switch', label, onBreak: done, onContinue: null, onFallthrough }, inside);
  }

  #switch(stmt: ast.SwitchStmt, label: string | null): void {
    if (stmt.init) this.stmt(stmt.init);
    if (stmt.tag) this.#add(stmt.tag);
    const done = this.#block();
    const bodies = stmt.clauses.map(() => this.#block());
    let otherwise = done;
    for (const [index, clause] of stmt.clauses.entries()) {
      const body = bodies[index] ?? done;
      if (clause.list === null) otherwise = body;
      for (const value of clause.list ?? []) {
        const next = this.#block();
        if (stmt.tag) this.finish({ kind: 'case', tag: stmt.tag, value, then: body, else: next });
        else this.#cond(value, body, next);
        this.#start(next);
      }
    }
    this.#jump(otherwise);
    for (const [index, clause] of stmt.clauses.entries()) {
      this.#start(bodies[index] ?? done);
      this.#pushSwitch(label, done, bodies[index + 1] ?? null, () => this.stmts(clause.body));
      this.#jump(done);
    }
    this.#start(done);
  }

  #typeSwitch(stmt: ast.TypeSwitchStmt, label: string | null): void {
    if (stmt.init) this.stmt(stmt.init);
    this.#add(stmt.x);
    const done = this.#block();
    const cases = stmt.clauses.map((clause) => ({ clause, to: this.#block() }));
    this.finish({ kind: 'typeSwitch', stmt, cases, otherwise: stmt.clauses.some((clause) => clause.list === null) ? null : done });
    for (const { clause, to } of cases) {
      this.#start(to);
      this.#pushSwitch(label, done, null, () => this.stmts(clause.body));
      this.#jump(done);
    }
    this.#start(done);
  }

  #select(stmt: ast.SelectStmt, label: string | null): void {
    for (const { comm } of stmt.clauses) {
      if (comm === null) continue;
      if (comm.kind === 'SendStmt') {
        this.#add(comm.chan);
        this.#add(comm.value);
      } else {
        const channel = receivedFrom(comm);
        if (channel) this.#add(channel);
      }
    }
    const done = this.#block();
    const cases = stmt.clauses.map((clause) => ({ clause, to: this.#block() }));
    this.finish({ kind: 'select', stmt, cases });
    for (const { clause, to } of cases) {
      this.#start(to);
      if (clause.comm) this.#add(clause.comm);
      this.#pushSwitch(label, done, null, () => this.stmts(clause.body));
      this.#jump(done);
    }
    this.#start(done);
  }

  #for(stmt: ast.ForStmt, label: string | null): void {
    if (stmt.init) this.stmt(stmt.init);
    const head = this.#block();
    const body = this.#block();
    const done = this.#block();
    const post = stmt.post ? this.#block() : head;
    this.#jump(head);
    this.#start(head);
    if (stmt.cond) this.#cond(stmt.cond, body, done);
    else this.#jump(body);
    this.#start(body);
    this.#push({ kind: 'loop', label, onBreak: done, onContinue: post, onFallthrough: null }, () => this.stmts(stmt.body.list));
    this.#jump(post);
    if (stmt.post) {
      this.#start(post);
      this.stmt(stmt.post);
      this.#jump(head);
    }
    this.#start(done);
  }

  #range(stmt: ast.RangeStmt, label: string | null): void {
    this.#add(stmt.x);
    const head = this.#block();
    const body = this.#block();
    const done = this.#block();
    this.#jump(head);
    this.#start(head);
    this.finish({ kind: 'range', stmt, body, done });
    this.#start(body);
    this.#push({ kind: 'loop', label, onBreak: done, onContinue: head, onFallthrough: null }, () => this.stmts(stmt.body.list));
    this.#jump(head);
    this.#start(done);
  }
}

/** The channel operand of a select case that receives; null for one that sends, and for `default`. */
export function receivedFrom(comm: ast.CommClause['comm']): ast.Expr | null {
  if (comm === null || comm.kind === 'SendStmt') return null;
  const expr = comm.kind === 'ExprStmt' ? comm.x : comm.rhs[0];
  return expr?.kind === 'UnaryExpr' && expr.op === '<-' ? expr.x : null;
}
