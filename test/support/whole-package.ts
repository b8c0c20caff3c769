import type { File, FuncDecl } from '../../src/go/ast.ts';
import { GoPackage } from '../../src/go/package.ts';

/** A package in which everything is looked at, whatever is asked: what the analysis of less must agree with. */
export class WholePackage extends GoPackage {
  override around(): GoPackage {
    return this;
  }

  override saying(): Generator<{ readonly decl: FuncDecl; readonly file: File }> {
    return this.funcs();
  }

  override mentioning(): Generator<{ readonly decl: FuncDecl; readonly file: File }> {
    return this.funcs();
  }
}
