import type { Expr, File, FuncDecl, Node, ReturnStmt, SelectStmt, Span } from '../../go/ast.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import type { Access } from './access.ts';
import type { Mode } from './operations.ts';

/** A place in the code of a function. */
export interface Site {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  readonly span: Span;
}

/** A lock that is held, where it was taken, and through which calls. */
export interface Held {
  readonly lock: Access;
  readonly mode: Mode;
  /** Where the function under study takes it: the operation, or the call of a function that leaves it locked. */
  readonly site: Site;
  /** The operation itself. */
  readonly origin: Site;
  /** The calls from the function under study to the site, outermost first. */
  readonly calls: readonly Site[];
  /** The site is a call that leaves it locked on some of its ways only, and does not say by a boolean which. */
  readonly isSometimes: boolean;
}

/** An operation that can wait for, or wake, another goroutine. */
export type SyncOp =
  /** `access`: the object as the function under study reaches it; undefined where no variable leads to it. */
  | { readonly kind: 'send' | 'receive' | 'range' | 'close' | 'groupWait' | 'groupDone' | 'groupAdd' | 'condWait' | 'condWake' | 'onceDo'; readonly on: Expr; readonly access: Access | undefined }
  | { readonly kind: 'select'; readonly stmt: SelectStmt };

/** What happens at one place of a function or of what it calls, with the locks that are held there. */
export interface Event {
  readonly what: { readonly kind: 'acquire'; readonly lock: Access; readonly mode: Mode } | { readonly kind: 'sync'; readonly op: SyncOp; readonly blocking: boolean };
  readonly site: Site;
  readonly calls: readonly Site[];
  readonly held: readonly Held[];
  /** Locks of callers that are let go of before. */
  readonly released: readonly Access[];
  /** What may have been taken before (`takenKey`), since the last goroutine was started. */
  readonly before: ReadonlySet<string>;
  /** The code was found by what may be assigned to a variable or implement an interface. */
  readonly isDynamic: boolean;
}

/** A call of a function that the function under study was given, with the locks that are held there. */
export interface GivenCall extends Omit<Event, 'what' | 'isDynamic'> {
  readonly param: VarObj;
}

/** Where the function under study comes to what happens: the place itself, or the call that leads there. */
export function outermost({ calls, site }: Pick<Event, 'calls' | 'site'>): Site {
  return calls[0] ?? site;
}

/** What is known of a value. */
export type Value =
  | { readonly kind: 'bool'; readonly is: boolean }
  | { readonly kind: 'nil' }
  | { readonly kind: 'notNil' }
  | { readonly kind: 'func'; readonly func: FuncNode }
  | { readonly kind: 'unlock'; readonly lock: Access; readonly mode: Mode }
  | undefined;

/** One way out of a function. */
export interface Exit {
  readonly held: readonly Held[];
  readonly released: readonly Access[];
  readonly before: ReadonlySet<string>;
  readonly results: readonly Value[];
  /** Null where the function falls off its end. */
  readonly stmt: ReturnStmt | null;
  /** The return statement, or the end of the body. */
  readonly at: Span;
}

/** What a function does to locks, seen from its callers. */
export interface Summary {
  readonly exits: readonly Exit[];
  readonly events: readonly Event[];
  /** Where it runs what it was given. */
  readonly given: readonly GivenCall[];
  /** The statements and conditions that it comes to with locks held which it has taken itself, with all of these that it may hold there. */
  readonly heldAt: ReadonlyMap<Node, ReadonlyMap<string, Held>>;
  /** The places where locks are taken that some way lets go of again. */
  readonly unlocked: ReadonlySet<number>;
  /** Some ways were not walked, or were walked without regard to conditions. */
  readonly isPartial: boolean;
}

export const emptySummary: Summary = { exits: [], events: [], given: [], heldAt: new Map(), unlocked: new Set(), isPartial: true };

/** A lock's kind together with how it is taken. */
export function takenKey(lock: Access, mode: Mode): string {
  return mode === 'write' ? lock.key : `${lock.key}/read`;
}
