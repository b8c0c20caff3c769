import type { Expr, GoStmt } from '../../go/ast.ts';
import type { VarObj } from '../../go/scope.ts';
import type { Teardown } from '../teardown.ts';
import type { Acquisition } from './acquisitions.ts';
import type { Lost } from './walk.ts';

/** A thing that is obtained and not given back, with the way on which that happens. */
export interface Loss extends Acquisition {
  /** `dropped`: it is kept in nothing. `field`: it is kept in a field that nobody ever looks at. `forgotten`: in one whose owner is ended without it. */
  readonly how: Lost['kind'] | 'dropped' | 'field' | 'forgotten';
  /** What it is kept in, as the code writes it; null where it is dropped. */
  readonly kept: Expr | null;
  readonly variable: VarObj | null;
  readonly lost: Lost | null;
  /** What ends the owner of the field that it is kept in. */
  readonly ending: Teardown | null;
  /** The goroutine at the other end of a pipe. */
  readonly user: OtherEnd | null;
  /** Elsewhere the function gives it back. */
  readonly releasedElsewhere: boolean;
  /** Elsewhere the function lets it out of its hands. */
  readonly escapesElsewhere: boolean;
}

/** The other end of a pipe, and the `go` statement whose goroutine uses it. */
export interface OtherEnd {
  readonly variable: VarObj;
  readonly stmt: GoStmt;
  /** All it does with it is to close it: others write or read for it, such as a process that may have nothing to say. */
  readonly onlyCloses: boolean;
}
