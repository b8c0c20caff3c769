import { basic, type Type } from './type.ts';

/** Whether there is anything to bind in a type. */
export function mentionsTypeParam(type: Type): boolean {
  switch (type.kind) {
    case 'typeParam':
      return true;
    case 'named':
      return type.args.some(mentionsTypeParam);
    case 'map':
      return mentionsTypeParam(type.key) || mentionsTypeParam(type.elem);
    case 'func':
      return [...type.params, ...type.results].some((one) => mentionsTypeParam(one.type));
    case 'chan':
    case 'pointer':
    case 'slice':
    case 'array':
      return mentionsTypeParam(type.elem);
    default:
      return false;
  }
}

/** Types nest no deeper, but those that are declared by themselves never end: `type F[T any] func(func(F[T]))`. */
const maxDepth = 16;

/** Binds the type parameters in `pattern` so that it becomes `actual`, as far as that is known. */
export function unify(pattern: Type, actual: Type, bindings: Map<string, Type>, types: { underlying(type: Type): Type }, depth = 0): void {
  if (depth > maxDepth) return;
  if (pattern.kind === 'typeParam') {
    if (!bindings.has(pattern.name) && actual.kind !== 'unknown' && actual.kind !== 'nil') bindings.set(pattern.name, actual);
    return;
  }
  const inner = (x: Type, y: Type): void => unify(x, y, bindings, types, depth + 1);
  if (pattern.kind === 'named') {
    if (actual.kind === 'named' && actual.name === pattern.name && actual.path === pattern.path) {
      for (const [index, argument] of pattern.args.entries()) {
        const bound = actual.args[index];
        if (bound) inner(argument, bound);
      }
      return;
    }
    const under = pattern.args.length > 0 && actual.kind !== 'named' ? types.underlying(pattern) : pattern;
    if (under.kind !== 'named') inner(under, actual);
    return;
  }
  const found = actual.kind === 'named' ? types.underlying(actual) : actual;
  if (pattern.kind !== found.kind) return;
  if (pattern.kind === 'map' && found.kind === 'map') inner(pattern.key, found.key);
  if ('elem' in pattern && 'elem' in found) inner(pattern.elem, found.elem);
  if (pattern.kind === 'func' && found.kind === 'func') {
    for (const [index, param] of pattern.params.entries()) {
      const bound = found.params[index];
      if (bound) inner(param.type, bound.type);
    }
    for (const [index, result] of pattern.results.entries()) {
      const bound = found.results[index];
      if (bound) inner(result.type, bound.type);
    }
  }
}

/** The type a constant takes on where nothing else gives it one. */
export function defaultType(type: Type): Type {
  if (type.kind !== 'basic') return type;
  switch (type.name) {
    case 'untyped int':
      return basic('int');
    case 'untyped float':
      return basic('float64');
    case 'untyped complex':
      return basic('complex128');
    case 'untyped rune':
      return basic('rune');
    case 'untyped string':
      return basic('string');
    default:
      return type;
  }
}
