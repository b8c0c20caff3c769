import type { File, FuncDecl } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { anyChan, chanKind, mayBeOne } from '../machine/chan-kind.ts';
import { endsIn, type End } from './ends.ts';

/**
 * Whether there may be an unguarded send that some functions have a part in, by the types of the channels alone: a plain send and a receive
 * that is a case of a select, one of them there; or both anywhere, where a send there is such a case and shows that the receivers go.
 */
export function mayBeUnguarded(pkg: GoPackage, isAsked: (home: { readonly decl: FuncDecl; readonly file: File }) => boolean): boolean {
  const homes = [...pkg.saying(/<-/u)];
  const asked = homes.filter(isAsked).flatMap(endsIn).filter((end) => isSend(end) || isChoice(end));
  if (asked.length === 0) return false;
  const all = [...asked, ...homes.filter((home) => !isAsked(home)).flatMap(endsIn)];
  const kindOf = ({ channel }: End): string => {
    const type = pkg.infer.underlying(pkg.typeOf(channel));
    return type.kind === 'chan' ? chanKind(type.elem) : anyChan;
  };
  const kinds = (ends: readonly End[]): readonly string[] => [...new Set(ends.map(kindOf))];
  const meet = (sends: readonly End[], receives: readonly End[]): boolean => {
    const receivedFrom = kinds(receives);
    return kinds(sends).some((kind) => receivedFrom.some((other) => mayBeOne(kind, other)));
  };
  const isPlain = (end: End): boolean => isSend(end) && end.choice === null;
  const isReceived = (end: End): boolean => end.kind === 'receive' && isChoice(end);
  const isGuarded = (end: End): boolean => isSend(end) && isChoice(end);
  const [sends, receives] = [all.filter(isPlain), all.filter(isReceived)];
  return meet(asked.filter(isPlain), receives) || meet(sends, asked.filter(isReceived)) || (asked.some(isGuarded) && meet(sends, receives));
}

function isSend({ kind }: End): boolean {
  return kind === 'send';
}

/** Whether an end is one of several cases. */
function isChoice({ choice }: End): boolean {
  return choice !== null && choice.select.clauses.length > 1;
}
